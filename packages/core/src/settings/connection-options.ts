// Checks the options of `openBaton` and `createProducer` at run time, because JavaScript callers can pass any type.
import { z } from 'zod';
import { AppError } from '../model/errors/app-error.ts';
import { issueMessage } from '../model/schema/issue-message.ts';
import { describeIssue } from '../model/schema/parse-input.ts';
import { redisUrlSchema } from './server-urls.ts';

/**
 * Schema of the option for Redis: a URL, or an object, which ioredis checks. Other texts are refused, because the
 * client would treat them as the path of a socket.
 */
export const redisSchema = z.unknown().superRefine((value, context) => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  const { error } = redisUrlSchema.safeParse(value, { error: issueMessage });
  if (error) context.addIssue(describeIssue(error).message);
});

/**
 * Schema of the prefix of the keys in Redis. A blank prefix is refused: a worker reads a blank setting as absent, so it
 * would use another queue.
 */
export const prefixSchema = z.string().regex(/\S/, 'expected a prefix that is not blank');

/**
 * Throws INVALID_CONFIG if an option does not fit the schema. The message names the first such option without its
 * value.
 */
export function checkOptions(schema: z.ZodType, options: unknown): void {
  const { error } = schema.safeParse(options, { error: issueMessage });
  if (!error) return;
  const { field, message } = describeIssue(error);
  throw new AppError('INVALID_CONFIG', `${field || 'the options'}: ${message}`, {
    details: { field },
  });
}
