import { z } from 'zod';
import { QUEUE_PREFIX } from '../model/job/job.ts';
import { LOG_LEVELS } from '../runtime/log.ts';
import { addressesVariable, intVariable } from './env.ts';
import { policySettings } from './policy-settings.ts';
import { mongodbUrlSchema, redisUrlSchema } from './server-urls.ts';

/** The settings that both the API and the worker read. Each app's schema includes them. */
export const sharedSettings = {
  REDIS_URL: redisUrlSchema.describe('URL of the Redis server that holds the queue.'),
  MONGODB_URL: mongodbUrlSchema.describe(
    'URL of the MongoDB server that stores sessions and events. If the URL names no database, Baton uses `baton`.',
  ),
  QUEUE_PREFIX: z
    .string()
    .default(QUEUE_PREFIX)
    .describe(
      "Prefix of Baton's keys in Redis. The API, the workers and all producers must use the same prefix.",
    ),
  ...policySettings,
  WEBHOOK_ALLOWED_ADDRESSES: addressesVariable().describe(
    'Addresses or CIDR ranges, separated by commas, that webhooks may reach even if they are not public, and also over plain http.',
  ),
  FILE_UNUSED_HOURS: intVariable(1, 8760)
    .default(24)
    .describe('How long an uploaded file is kept that no session and no schedule uses, in hours.'),
  SECRETS_PUBLIC_KEYS: z
    .string()
    .optional()
    .describe(
      'File with the public keys (JWKS) that encrypt secrets; Baton uses the first key. Without keys, secrets are stored in plain text.',
    ),
  LOG_LEVEL: z.enum(LOG_LEVELS).default('info').describe('Lowest level that is logged to stderr.'),
};
