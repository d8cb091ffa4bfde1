// Composition root of a worker: settings, connections, worker, wait for a signal, stop.
import {
  connectMongo,
  createAdmission,
  createAdopter,
  createClaims,
  createConversationTree,
  createEventStore,
  createJobUpkeep,
  createLeaderLease,
  createLogger,
  createOpener,
  createReconcileStore,
  createRedisWatch,
  createSealer,
  createSessionDeletion,
  createSessionManager,
  createSessionQueue,
  createSessionStore,
  createStopRequests,
  createStoreClock,
  createTombstoneStore,
  createTranscriptStore,
  ensureIndexes,
  isAppError,
  openWorkerRedis,
  parseEnv,
  policyOf,
  readSecretKeys,
  subscribeControl,
  withNotifications,
  withStopNotifications,
} from '@baton/core/internal';
import { operatorEnv } from './claude/base-env.ts';
import { holdsCredential } from './claude/credentials.ts';
import { findClaude } from './claude/find.ts';
import { withGitCeiling } from './claude/git-ceiling.ts';
import { operatorSecrets } from './claude/operator-secrets.ts';
import { findParentDeathLauncher } from './claude/parent-death.ts';
import { drain } from './drain.ts';
import { serveHealth } from './health.ts';
import { createHostHealth } from './host/host-health.ts';
import { createIdentity } from './host/identity.ts';
import { createProbe } from './host/probe.ts';
import { createStuckProcesses } from './host/stuck-processes.ts';
import { startSweep } from './host/sweep.ts';
import { startWorkDirSweep } from './host/work-dirs.ts';
import { makeWorkRoot } from './host/work-root.ts';
import { startMaintenance } from './maintenance/maintenance.ts';
import { reconcilerTasks } from './maintenance/reconciler.ts';
import { retentionTasks } from './maintenance/retention.ts';
import { createMasker } from './masking/masker.ts';
import { readPrices } from './prices.ts';
import { openWorkerSchedules } from './schedules/open.ts';
import { createEnvScrub } from './scrub/env-scrub.ts';
import { createSessionWorker } from './session-worker.ts';
import { workerSettingsSchema } from './settings.ts';
import { openWorkerWebhooks } from './webhooks/open.ts';

/** The most that closing connections may take, in milliseconds. */
const CLOSE_TIMEOUT_MS = 5_000;

async function main(): Promise<void> {
  const settings = parseEnv(workerSettingsSchema, process.env);
  const identity = createIdentity();
  const secrets = operatorSecrets(process.env);
  const masker = createMasker(secrets);
  const log = createLogger('baton-worker', settings.LOG_LEVEL, undefined, masker.line).child({
    worker_id: identity.workerId,
  });
  const baseEnv = operatorEnv(process.env);
  const keys = await readSecretKeys(settings);
  const sealer = createSealer(keys.sealing);
  const cli = await findClaude(settings.CLAUDE_BIN, baseEnv);
  if (!holdsCredential(baseEnv)) {
    log.warn(
      'no ANTHROPIC_API_KEY, CLAUDE_CODE_OAUTH_TOKEN or cloud provider in the environment: a session that brings no credential fails with AUTHENTICATION',
    );
  }
  const prices = await readPrices(settings.PRICES_FILE);
  const workRoot = await makeWorkRoot(settings.WORK_ROOT);

  const mongo = connectMongo(settings.MONGODB_URL);
  const queue = createSessionQueue({
    connection: settings.REDIS_URL,
    prefix: settings.QUEUE_PREFIX,
  });
  const connection = openWorkerRedis(settings.REDIS_URL);
  const watch = createRedisWatch(() => queue.ping(), log);
  connection.on('error', (error) => watch.note(error, 'a connection to Redis'));
  const kept = { completed: settings.QUEUE_KEEP_COMPLETED, failed: settings.QUEUE_KEEP_FAILED };
  const sessions = createSessionStore(mongo.db);
  const clock = createStoreClock(mongo.db);
  await ensureIndexes(mongo.db);

  const webhooks = openWorkerWebhooks(settings, {
    db: mongo.db,
    clock,
    sessions,
    connection,
    kept,
    watch,
    log,
  });
  const live = withNotifications(queue.live, webhooks.dispatch.notify);
  const admission = createAdmission({ db: mongo.db, clock, queue, live, log });
  const schedules = openWorkerSchedules(settings, {
    db: mongo.db,
    clock,
    manager: createSessionManager({ queue, sessions, admission, sealer }),
    connection,
    kept,
    watch,
    log,
  });
  const adopter = createAdopter(sessions, (id) => queue.find(id), live.statusChanged, sealer);

  const launcher = await findParentDeathLauncher(baseEnv['PATH'] ?? '');
  const scrub = createEnvScrub(settings.SUBPROCESS_ENV_SCRUB, {
    cli,
    launcher,
    baseEnv,
    identity,
    log,
  });
  const host = createHostHealth({
    probe: createProbe({ cli, launcher, baseEnv, workRoot, identity }),
    stuck: createStuckProcesses(log),
    log,
  });

  const worker = createSessionWorker({
    attempts: {
      host,
      db: mongo.db,
      clock,
      live,
      cli,
      launcher,
      leaseMs: settings.LEASE_MS,
      retryFirstMs: settings.RETRY_FIRST_MS,
      prices,
      deadlines: {
        startup: settings.STARTUP_TIMEOUT_MS,
        idle: settings.IDLE_TIMEOUT_MS,
        wall_clock: settings.WALL_CLOCK_TIMEOUT_MS,
        exit: settings.EXIT_TIMEOUT_MS,
      },
      log,
      stores: {
        sessions,
        events: createEventStore(mongo.db),
        transcripts: createTranscriptStore(mongo.db),
      },
      identity,
      workRoot,
      policy: policyOf(settings),
      wakeups: settings.WAKEUPS,
      opener: createOpener(keys.opening),
      baseEnv: withGitCeiling(baseEnv, workRoot),
      secrets,
      masker,
      scrub,
    },
    adopter,
    admission,
    claims: createClaims(mongo.db, clock),
    queue,
    connection,
    prefix: settings.QUEUE_PREFIX,
    concurrency: settings.WORKER_CONCURRENCY,
    kept,
    watch,
    log,
  });

  const stopping = new AbortController();
  const hurry = new AbortController();
  const health = await serveHealth(
    { host: settings.HEALTH_HOST, port: settings.HEALTH_PORT },
    () => {
      if (stopping.signal.aborted) return 'draining';
      const whyNot = host.whyNot() ?? scrub.whyNot();
      if (whyNot !== null) return whyNot;
      return worker.isTaking() ? null : 'not taking jobs';
    },
    { redis: () => queue.ping(), mongodb: () => mongo.ping() },
    () => ({ subprocess_env_scrub: scrub.describe() }),
  );
  const stopped = Promise.withResolvers<void>();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (stopping.signal.aborted) hurry.abort();
      stopping.abort();
      stopped.resolve();
    });
  }

  startSweep(log, stopping.signal);
  const tree = createConversationTree(mongo.db);
  startWorkDirSweep(
    {
      workRoot: settings.WORK_ROOT,
      tombstones: createTombstoneStore(mongo.db),
      isKept: async (rootId) => (await tree.newest(rootId)).length > 0,
      clock,
      log,
    },
    stopping.signal,
  );
  const requests = withStopNotifications(
    createStopRequests(mongo.db, clock),
    webhooks.dispatch.notify,
  );
  const deletion = createSessionDeletion({ db: mongo.db, clock, queue, requests });
  const tasks = [
    ...reconcilerTasks({
      jobs: createJobUpkeep(queue.bull, { keepFailed: kept.failed }),
      store: createReconcileStore(mongo.db, clock),
      adopter,
      admission,
      log,
    }),
    ...webhooks.tasks,
    ...schedules.tasks,
    ...retentionTasks({ deletion, tree, clock, days: settings.RETENTION_DAYS, log }),
  ];
  const duty = createLeaderLease(mongo.db, clock, 'reconciler', identity.workerId);
  startMaintenance(tasks, { duty, log }, stopping.signal);
  watch.start(stopping.signal);
  const control = openWorkerRedis(settings.REDIS_URL);
  control.on('error', ignore); // the other connection tells of it
  subscribeControl(
    control,
    ({ kind, id }) => worker.onControlMessage(kind, id),
    settings.QUEUE_PREFIX,
  ).catch((error: unknown) =>
    log.warn({ err: error }, 'requests to stop are heard by heartbeats alone'),
  );
  webhooks.start();
  schedules.start();
  // Sessions wait for the verdict: the first of them would run unprotected otherwise.
  await scrub.start(worker.start, stopping.signal);
  const facts = { claude: cli.version, health: health.url, subprocess_env_scrub: scrub.describe() };
  const whyNotReady = scrub.whyNot();
  if (whyNotReady === null) log.info(facts, 'ready');
  else log.warn(facts, `started, but not ready: ${whyNotReady}`);
  const start = { worker: identity.workerId, pid: process.pid, health: health.url };
  process.stdout.write(`${JSON.stringify(start)}\n`);

  await stopped.promise;
  host.stop();
  await drain(worker, { timeoutMs: settings.DRAIN_TIMEOUT_MS, hurry: hurry.signal, log });
  const exitAnyway = setTimeout(() => process.exit(0), CLOSE_TIMEOUT_MS);
  await Promise.all([worker.close(), webhooks.close(), schedules.close()]);
  await Promise.allSettled([health.close(), queue.close(), mongo.close()]);
  connection.disconnect();
  control.disconnect();
  clearTimeout(exitAnyway);
  log.info('stopped');
}

function ignore(): void {}

main().catch((error: unknown) => {
  const masker = createMasker(operatorSecrets(process.env));
  const log = createLogger('baton-worker', 'fatal', undefined, masker.line);
  if (isAppError(error)) log.fatal({ code: error.code }, error.message);
  else log.fatal({ err: error }, 'the worker could not start');
  process.exit(1);
});
