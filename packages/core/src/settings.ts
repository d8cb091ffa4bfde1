import { delimiter, resolve } from 'node:path';
import { z } from 'zod';
import { listVariable } from './env.ts';
import { LOG_LEVELS } from './log.ts';
import { QUEUE_PREFIX } from './model/job.ts';
import type { Policy } from './model/policy.ts';
import { parseRange } from './model/webhook-address.ts';

/** The variables that every process of Baton reads; each app's schema spreads them into its own. */
export const sharedSettings = {
  REDIS_URL: z
    .string('expected the URL of a Redis server')
    .regex(/^rediss?:\/\/./, 'expected redis:// or rediss://')
    .describe('Redis: the queue.'),
  MONGODB_URL: z
    .string('expected the URL of a MongoDB server')
    .regex(/^mongodb(\+srv)?:\/\/./, 'expected mongodb:// or mongodb+srv://')
    .describe('MongoDB: the truth. The database is the one it names, else `baton`.'),
  QUEUE_PREFIX: z
    .string()
    .default(QUEUE_PREFIX)
    .describe("Prefix of Baton's keys in Redis, where a server is shared."),
  WORK_ROOT: z
    .string()
    .default('.baton/work')
    .transform((path) => resolve(path))
    .describe('Where sessions that name no `working_dir` work, a directory a conversation.'),
  ALLOWED_ROOTS: listVariable(delimiter)
    .transform((roots) => roots.map((root) => resolve(root)))
    .optional()
    .describe(
      'Directories that a `working_dir` may lie in, separated as in PATH. Default: WORK_ROOT.',
    ),
  ALLOWED_ENV: listVariable(',')
    .default([])
    .describe('Names that `config.env` may set although they are refused, separated by commas.'),
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
  LOG_LEVEL: z.enum(LOG_LEVELS).default('info').describe('How much is logged, on stderr.'),
};

/** The policy that the settings state. */
export function policyOf(settings: {
  WORK_ROOT: string;
  ALLOWED_ROOTS?: readonly string[] | undefined;
  ALLOWED_ENV: readonly string[];
}): Policy {
  return {
    allowedRoots: settings.ALLOWED_ROOTS ?? [settings.WORK_ROOT],
    allowedEnv: settings.ALLOWED_ENV,
  };
}
