import { z } from 'zod';
import { errorCodeSchema } from '../errors/error-codes.ts';

/** Schema of why an attempt or a session failed. */
export const failureSchema = z.object({
  code: errorCodeSchema,
  message: z.string(),
  retryable: z.boolean(),
  attempt: z.int().nonnegative(),
  at: z.date(),
  field: z.string().optional(),
  api_error_status: z.int().optional(),
  exit_code: z.int().optional(),
  signal: z.string().optional(),
  stderr_tail: z.string().optional(),
  stdout_tail: z.string().optional(),
  retry_at: z.date().optional().describe('When the limit that was reached resets, if known.'),
});

/** Why an attempt or a session failed. */
export type Failure = z.infer<typeof failureSchema>;
