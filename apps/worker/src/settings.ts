import { delimiter } from 'node:path';
import { intVariable, listVariable, sharedSettings } from '@baton/core/internal';
import { z } from 'zod';

const DAY_MS = 24 * 3600 * 1000;

/** The settings of a worker, read once from its environment. */
export const workerSettingsSchema = z.object({
  ...sharedSettings,
  HEALTH_PORT: intVariable(0, 65535)
    .default(0)
    .describe('Port of /healthz and /readyz; 0 takes any free one.'),
  HEALTH_HOST: z.string().default('127.0.0.1').describe('Address of /healthz and /readyz.'),
  WORKER_CONCURRENCY: intVariable(1, 1000)
    .default(4)
    .describe('Sessions that run at once; plan 1 GiB of memory for each.'),
  DRAIN_TIMEOUT_MS: intVariable(0, DAY_MS)
    .default(30_000)
    .describe('How long running sessions may finish after SIGTERM before they are handed back.'),
  QUEUE_KEEP_COMPLETED: intVariable(0, 100_000)
    .default(1_000)
    .describe(
      'Jobs that a queue keeps once they are done, for the dashboard, a day at most. Sessions stay in MongoDB.',
    ),
  QUEUE_KEEP_FAILED: intVariable(0, 100_000)
    .default(1_000)
    .describe('The same for jobs that failed, a week at most.'),
  LEASE_MS: intVariable(1_000, 600_000)
    .default(12_000)
    .describe('How long a session stays with a worker that says nothing.'),
  RETRY_FIRST_MS: intVariable(1, DAY_MS)
    .default(2_000)
    .describe(
      'The pause before the first retry of a failed attempt; it doubles each time, to 5 min.',
    ),
  WEBHOOK_TIMEOUT_MS: intVariable(1, 60_000)
    .default(10_000)
    .describe('How long a webhook may take to answer.'),
  WEBHOOK_RETRY_FIRST_MS: intVariable(1, DAY_MS)
    .default(5_000)
    .describe('The pause before a delivery is tried again; it grows by four each time, to 12 h.'),
  WEBHOOK_DISABLE_AFTER_MS: intVariable(0, 30 * DAY_MS)
    .default(DAY_MS)
    .describe('How long a webhook must have failed, 20 tries in a row, before it is disabled.'),
  WEBHOOK_LOG_DAYS: intVariable(1, 365)
    .default(14)
    .describe('How long the log of deliveries is kept, in days.'),
  PRICES_FILE: z
    .string()
    .optional()
    .describe(
      'JSON of prices by model, in the place of the list prices, to estimate what a killed process did not tell.',
    ),
  RETENTION_DAYS: intVariable(1, 36_500)
    .optional()
    .describe(
      'Conversations whose last session ended so many days ago are deleted; without it none is.',
    ),
  SECRETS_PRIVATE_KEYS: listVariable(delimiter)
    .default([])
    .describe(
      'Files with the private keys (JWKS) that open sealed secrets, separated as in PATH. Without SECRETS_PUBLIC_KEYS the first key is sealed to.',
    ),
  CLAUDE_BIN: z.string().optional().describe("The claude CLI; default: this project's, then PATH."),
  ANTHROPIC_API_KEY: z.string().optional().describe('Passed on to the CLI.'),
  ANTHROPIC_BASE_URL: z.string().optional().describe('Passed on to the CLI.'),
  CLAUDE_CODE_OAUTH_TOKEN: z.string().optional().describe('Passed on to the CLI.'),
  WAKEUPS: z
    .enum(['allow', 'forbid'])
    .default('allow')
    .describe(
      'Whether a session may schedule its own wake-ups (the tools ScheduleWakeup and CronCreate), which keep its process and its slot while it waits.',
    ),
  SUBPROCESS_ENV_SCRUB: z
    .enum(['auto', 'on', 'off'])
    .default('auto')
    .describe(
      "Whether the CLI keeps its credentials from a session's tools, by a sandbox that needs bubblewrap and socat. `auto`: where a probe at the start shows that it works; `on`: no session is taken where it does not.",
    ),
  STARTUP_TIMEOUT_MS: intVariable(1, DAY_MS)
    .default(60_000)
    .describe('Until the first event of the CLI.'),
  IDLE_TIMEOUT_MS: intVariable(1, DAY_MS)
    .default(1_800_000)
    .describe(
      'Between two lines; a tool may be silent for long. It also bounds the wait for background tasks and wake-ups after a result line.',
    ),
  WALL_CLOCK_TIMEOUT_MS: intVariable(1, 30 * DAY_MS)
    .default(DAY_MS)
    .describe('One attempt in all.'),
  EXIT_TIMEOUT_MS: intVariable(1, DAY_MS)
    .default(30_000)
    .describe(
      'From the last result line to the end of the process, once no background task or wake-up is pending.',
    ),
});

/** The settings of a worker, parsed. */
export type WorkerSettings = z.infer<typeof workerSettingsSchema>;
