import { z } from 'zod';

// What becomes of a session whose worker died: gone on with, begun again, or failed.
const CRASH_POLICIES = ['resume', 'restart', 'fail'] as const;

/** How often a session is tried again, and how. */
export const recoverySchema = z.strictObject({
  on_crash: z
    .enum(CRASH_POLICIES)
    .optional()
    .describe('After a crash: resume the transcript (default), restart, or fail.'),
  max_crashes: z.int().min(0).max(100).optional().describe('Crashes it survives; default 3.'),
  max_retries: z
    .int()
    .min(0)
    .max(100)
    .optional()
    .describe('Retries after a retryable failure; default 3. Crashes and hand-backs cost none.'),
});

/** How often a session is tried again, and how. */
export type Recovery = z.infer<typeof recoverySchema>;
