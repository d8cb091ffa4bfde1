import { createOpener, type KeptJobs, policyOf } from '@baton/core/internal';
import { withGitCeiling } from '../claude/git-ceiling.ts';
import type { MaintenanceTask } from '../maintenance/maintenance.ts';
import { parsePerson } from '../push/commit-message.ts';
import { openWorkerSchedules, type WorkerSchedules } from '../schedules/open-worker-schedules.ts';
import { createSessionWorker, type SessionWorker } from '../sessions/session-worker.ts';
import type { WorkerSettings } from '../settings.ts';
import { openWorkerWebhooks, type WorkerWebhooks } from '../webhooks/open-worker-webhooks.ts';
import type { WorkerConnections } from './connections.ts';
import type { WorkerEnvironment } from './environment.ts';
import type { HostChecks } from './host-checks.ts';

/** The workers of the three queues. Each takes its first job after its `start`. */
export interface Workers {
  sessions: SessionWorker;
  webhooks: WorkerWebhooks;
  schedules: WorkerSchedules;
  /** The maintenance tasks for webhooks and schedules. The lease holder runs them. */
  tasks: readonly MaintenanceTask[];
}

/** Creates the workers on open connections. */
export function createWorkers(
  environment: WorkerEnvironment,
  connections: WorkerConnections,
  checks: HostChecks,
): Workers {
  const { settings, log } = environment;
  const { baton, presence: _, ...queueParts } = connections;
  const { clock, manager, stores } = baton;
  const parts = { ...queueParts, clock, kept: getKeptJobs(settings), log };
  const webhooks = openWorkerWebhooks(settings, {
    ...parts,
    webhooks: baton.webhooks,
    sessions: stores.sessions,
  });
  const schedules = openWorkerSchedules(settings, {
    ...parts,
    schedules: baton.schedules,
    keys: stores.keys,
    manager,
  });
  return {
    sessions: createSessions(environment, connections, checks),
    webhooks,
    schedules,
    tasks: [...webhooks.tasks, ...schedules.tasks],
  };
}

function createSessions(
  environment: WorkerEnvironment,
  { baton, presence, ...queueParts }: WorkerConnections,
  checks: HostChecks,
): SessionWorker {
  const { settings, identity, cli, workRoot, prices, secrets, masker, log } = environment;
  const { stores, clock, live, adopter, admission, queue } = baton;
  return createSessionWorker({
    attemptDeps: {
      ...checks,
      clock,
      live,
      cli,
      leaseMs: settings.LEASE_MS,
      retryFirstMs: settings.RETRY_FIRST_MS,
      prices,
      deadlines: {
        startup: settings.STARTUP_TIMEOUT_MS,
        idle: settings.IDLE_TIMEOUT_MS,
        wall_clock: settings.WALL_CLOCK_TIMEOUT_MS,
        exit: settings.EXIT_TIMEOUT_MS,
      },
      setupTimeoutMs: settings.SETUP_TIMEOUT_MS,
      gitAuthor: parsePerson(settings.GIT_AUTHOR),
      log,
      stores,
      identity,
      workRoot,
      workspace: environment.workspace,
      repositories: environment.repositories,
      policy: policyOf(settings),
      wakeups: settings.WAKEUPS,
      opener: createOpener(environment.keys.opening),
      baseEnv: withGitCeiling(environment.baseEnv, workRoot),
      secrets,
      masker,
    },
    ...queueParts,
    adopter,
    admission,
    claims: stores.claims,
    queue,
    presence,
    prefix: settings.QUEUE_PREFIX,
    concurrency: settings.WORKER_CONCURRENCY,
    kept: getKeptJobs(settings),
    log,
  });
}

/** Returns how many completed and failed jobs each queue keeps. */
export function getKeptJobs(settings: WorkerSettings): KeptJobs {
  return { completed: settings.QUEUE_KEEP_COMPLETED, failed: settings.QUEUE_KEEP_FAILED };
}
