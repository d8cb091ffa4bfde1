import { delimiter } from 'node:path';
import { intVariable, listVariable, sharedSettings } from '@baton/core/internal';
import { z } from 'zod';

const DAY_MS = 24 * 3600 * 1000;

/** The settings of a worker, read once from its environment. */
export const workerSettingsSchema = z.object({
  ...sharedSettings,
  HEALTH_PORT: intVariable(0, 65535)
    .default(0)
    .describe('Port of `/healthz` and `/readyz`; 0 selects any free port.'),
  HEALTH_HOST: z
    .string()
    .default('127.0.0.1')
    .describe('Address on which `/healthz` and `/readyz` listen.'),
  WORKER_CONCURRENCY: intVariable(1, 1000)
    .default(4)
    .describe('Number of sessions that run at once; plan 1 GiB of memory for each.'),
  DRAIN_TIMEOUT_MS: intVariable(0, DAY_MS)
    .default(30_000)
    .describe(
      'How long running sessions may continue after SIGTERM. Then the worker hands them back to the queue.',
    ),
  QUEUE_KEEP_COMPLETED: intVariable(0, 100_000)
    .default(1_000)
    .describe(
      'Number of completed jobs that each queue keeps for the dashboard, for at most a day. Sessions stay in MongoDB.',
    ),
  QUEUE_KEEP_FAILED: intVariable(0, 100_000)
    .default(1_000)
    .describe('Number of failed jobs that each queue keeps, for at most a week.'),
  LEASE_MS: intVariable(1_000, 600_000)
    .default(12_000)
    .describe('How long a worker owns a session after it last renewed the lease.'),
  RETRY_FIRST_MS: intVariable(1, DAY_MS)
    .default(2_000)
    .describe(
      'Pause before the first retry of a failed attempt; it doubles with each retry, up to 5 minutes.',
    ),
  WEBHOOK_TIMEOUT_MS: intVariable(1, 60_000)
    .default(10_000)
    .describe('How long a webhook endpoint may take to answer.'),
  WEBHOOK_RETRY_FIRST_MS: intVariable(1, DAY_MS)
    .default(5_000)
    .describe(
      'Pause before the first retry of a webhook delivery; each further pause is four times as long, up to 12 hours.',
    ),
  WEBHOOK_DISABLE_AFTER_MS: intVariable(0, 30 * DAY_MS)
    .default(DAY_MS)
    .describe(
      'Baton disables a webhook after 20 failed requests in a row, if the first of them was at least this long ago.',
    ),
  WEBHOOK_LOG_DAYS: intVariable(1, 365)
    .default(14)
    .describe('Days for which the log of webhook deliveries is kept.'),
  PRICES_FILE: z
    .string()
    .optional()
    .describe(
      'JSON file with a price table that replaces the list prices of the models. Baton uses prices to estimate the cost of a killed process.',
    ),
  RETENTION_DAYS: intVariable(1, 36_500)
    .optional()
    .describe(
      'Baton deletes a conversation this many days after its last session ended. Without a value, Baton deletes no conversation by age.',
    ),
  SECRETS_PRIVATE_KEYS: listVariable(delimiter)
    .default([])
    .describe(
      'Files with the private keys (JWKS) that decrypt secrets, separated as in PATH. Without SECRETS_PUBLIC_KEYS, the worker encrypts secrets with the first key.',
    ),
  CLAUDE_BIN: z
    .string()
    .optional()
    .describe(
      "Path of the claude CLI. Default: the CLI in this project's dependencies, then the one in PATH.",
    ),
  ANTHROPIC_API_KEY: z
    .string()
    .optional()
    .describe('API key that the worker passes to the claude CLI.'),
  ANTHROPIC_BASE_URL: z
    .string()
    .optional()
    .describe('URL of the Anthropic API that the worker passes to the claude CLI.'),
  CLAUDE_CODE_OAUTH_TOKEN: z
    .string()
    .optional()
    .describe('OAuth token that the worker passes to the claude CLI, instead of an API key.'),
  WORKSPACE_CAPTURE: z
    .enum(['on', 'off'])
    .default('on')
    .describe(
      'Whether the worker captures the files of sessions, so that they follow a session to another host: `on` or `off`. It needs git. With `off`, files stay where they are, and all workers must share WORK_ROOT.',
    ),
  WORKSPACE_MAX_BYTES: intVariable(1, 1024 ** 4)
    .default(1024 ** 3)
    .describe("Largest size of a session's files that is captured, in bytes; default 1 GiB."),
  WORKSPACE_MAX_FILES: intVariable(1, 10_000_000)
    .default(100_000)
    .describe("Largest number of a session's files that is captured."),
  WORKSPACE_CACHE_BYTES: intVariable(0, 1024 ** 5)
    .default(20 * 1024 ** 3)
    .describe(
      'How many bytes of files of ended sessions a host keeps for their next continue; default 20 GiB. The least recently used are removed first, and only if MongoDB holds them.',
    ),
  GIT_TIMEOUT_MS: intVariable(1, DAY_MS)
    .default(600_000)
    .describe(
      'How long git may take in total to make the files of a session from its repository; default 10 minutes.',
    ),
  GIT_CREDENTIALS_FILE: z
    .string()
    .optional()
    .describe(
      "JSON file with the operator's own credentials for git servers: host (or `host:port`) to `{username, password}` or `{ssh_key, ssh_known_hosts}`. Sessions without `workspace.credentials` use them, so limit ALLOWED_GIT_URLS to what every caller may read.",
    ),
  GIT_CA_FILE: z
    .string()
    .optional()
    .describe(
      'PEM file with the authorities whose certificates git accepts from https servers, in place of those of the system.',
    ),
  REPOSITORY_CACHE_BYTES: intVariable(0, 1024 ** 5)
    .default(20 * 1024 ** 3)
    .describe(
      'How many bytes of mirrors of repositories a host keeps for the next session; default 20 GiB. The least recently used are removed first.',
    ),
  DISK_MIN_FREE_BYTES: intVariable(0, 1024 ** 5)
    .default(512 * 1024 ** 2)
    .describe(
      'The worker takes no session while the disk of WORK_ROOT has less free space than this, in bytes; default 512 MiB.',
    ),
  WAKEUPS: z
    .enum(['allow', 'forbid'])
    .default('allow')
    .describe(
      'Whether sessions may use the tools ScheduleWakeup and CronCreate: `allow` or `forbid`. A session that waits for a wake-up keeps its process and its slot on the worker.',
    ),
  SUBPROCESS_ENV_SCRUB: z
    .enum(['auto', 'on', 'off'])
    .default('auto')
    .describe(
      "Whether a sandbox (bubblewrap, socat) hides the CLI's credentials from a session's Bash calls: `auto` (if a probe at start passes), `on` or `off`. With `on`, the worker takes no session while the probe fails.",
    ),
  SETUP_TIMEOUT_MS: intVariable(1, DAY_MS)
    .default(600_000)
    .describe(
      'How long the setup commands of a workspace (`workspace.setup`) may take together; default 10 minutes.',
    ),
  GIT_AUTHOR: z
    .string()
    .regex(/^[^\0\r\n<>]*[^\0\r\n<> ] <[^\0\r\n<> ]+>$/, 'expected `Name <email>`')
    .default('Baton <baton@localhost>')
    .describe(
      'Author of the commits that sessions push, as `Name <email>`, if their config names none.',
    ),
  STARTUP_TIMEOUT_MS: intVariable(1, DAY_MS)
    .default(60_000)
    .describe('How long the CLI may take to print its first event.'),
  IDLE_TIMEOUT_MS: intVariable(1, DAY_MS)
    .default(1_800_000)
    .describe(
      'How long the CLI may print nothing; allow enough time for slow tools. The same bound limits the wait for background tasks and wake-ups after a result line.',
    ),
  WALL_CLOCK_TIMEOUT_MS: intVariable(1, 30 * DAY_MS)
    .default(DAY_MS)
    .describe('How long one attempt may take in total.'),
  EXIT_TIMEOUT_MS: intVariable(1, DAY_MS)
    .default(30_000)
    .describe(
      'How long the CLI may take to exit after its last result line, once no background task or wake-up is pending.',
    ),
});

/** The settings of a worker, parsed. */
export type WorkerSettings = z.infer<typeof workerSettingsSchema>;
