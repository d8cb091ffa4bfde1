import { z } from 'zod';
import { QUEUE_PREFIX } from '../model/job/job.ts';
import { parseRange } from '../model/webhooks/webhook-address.ts';
import { LOG_LEVELS } from '../runtime/log.ts';
import { listVariable } from './env.ts';
import { policySettings } from './policy-settings.ts';
import { mongodbUrlSchema, redisUrlSchema } from './server-urls.ts';

/** The variables that every process of Baton reads; each app's schema spreads them into its own. */
export const sharedSettings = {
  REDIS_URL: redisUrlSchema.describe('Redis: the queue.'),
  MONGODB_URL: mongodbUrlSchema.describe(
    'MongoDB: the truth. The database is the one it names, else `baton`.',
  ),
  QUEUE_PREFIX: z
    .string()
    .default(QUEUE_PREFIX)
    .describe("Prefix of Baton's keys in Redis, where a server is shared."),
  ...policySettings,
  WEBHOOK_ALLOWED_ADDRESSES: listVariable(',')
    .transform((texts) => texts.map(parseRange))
    .refine(
      (ranges) => ranges.every((range) => range !== null),
      'expected addresses or CIDR ranges',
    )
    .transform((ranges) => ranges.filter((range) => range !== null))
    .default([])
    .describe(
      'Addresses or CIDR ranges that webhooks may be sent to although they are not public, separated by commas.',
    ),
  SECRETS_PUBLIC_KEYS: z
    .string()
    .optional()
    .describe(
      'File with the public keys (JWKS) that secrets are sealed to, the first of them; without keys they are not.',
    ),
  LOG_LEVEL: z.enum(LOG_LEVELS).default('info').describe('How much is logged, on stderr.'),
};
