// The options with which a service opens Baton or a producer: nothing has checked their types at run time.
import { z } from 'zod';
import { AppError } from '../model/errors/app-error.ts';
import { issueMessage } from '../model/schema/issue-message.ts';
import { describeIssue } from '../model/schema/parse-input.ts';
import { redisUrlSchema } from './server-urls.ts';

/** Redis: a URL, or an object, which ioredis judges. The client would take any other text for a socket's path. */
export const redisSchema = z.unknown().superRefine((value, context) => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  const { error } = redisUrlSchema.safeParse(value, { error: issueMessage });
  if (error) context.addIssue(describeIssue(error).message);
});

/** The prefix of the keys in Redis. A blank one is another queue than that of the workers, who take it for none. */
export const prefixSchema = z.string().regex(/\S/, 'expected more than blanks');

/** Throws INVALID_CONFIG, which names the first option that does not fit and never quotes it. */
export function checkOptions(schema: z.ZodType, options: unknown): void {
  const { error } = schema.safeParse(options, { error: issueMessage });
  if (!error) return;
  const { field, message } = describeIssue(error);
  throw new AppError('INVALID_CONFIG', `${field || 'the options'}: ${message}`, {
    details: { field },
  });
}
