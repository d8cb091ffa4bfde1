// The worker process: it reads its environment, connects, starts its workers, waits for a signal and stops.
// Once started, it prints `{"worker", "pid", "health"}` on stdout. Logs go to stderr.
import { createLogger, ensureIndexes, isAppError } from '@baton/core/internal';
import { operatorSecrets } from './claude/operator-secrets.ts';
import { createMasker } from './masking/masker.ts';
import { listenForControl, openConnections } from './process/connections.ts';
import { drain } from './process/drain.ts';
import { readWorkerEnvironment, type WorkerEnvironment } from './process/environment.ts';
import { createHostChecks, type HostChecks, whyNoSessions } from './process/host-checks.ts';
import { serveReadiness } from './process/readiness.ts';
import { createStopSignals } from './process/stop-signals.ts';
import { startFleetMaintenance, startHostSweeps } from './process/upkeep.ts';
import { createWorkers } from './process/workers.ts';
import type { SessionWorker } from './sessions/session-worker.ts';

/** How long closing the workers and connections may take, in milliseconds. Then the process exits. */
const CLOSE_TIMEOUT_MS = 5_000;

async function main(): Promise<void> {
  const environment = await readWorkerEnvironment(process.env);
  const { settings, log } = environment;

  const connections = openConnections(environment);
  const { baton, connection, watch } = connections;
  await ensureIndexes(baton.mongo.db);

  const checks = await createHostChecks(environment);
  const workers = createWorkers(environment, connections, checks);

  const signals = createStopSignals();
  const { stopping } = signals;
  const health = await serveReadiness(environment, connections, checks, workers.sessions, stopping);
  signals.listen();

  startHostSweeps(environment, connections, checks, stopping);
  startFleetMaintenance(environment, connections, workers, stopping);
  watch.start(stopping);
  const closeControl = listenForControl(settings, workers.sessions, log);
  workers.webhooks.start();
  workers.schedules.start();
  // Sessions start after the probe of SUBPROCESS_ENV_SCRUB. Otherwise the first sessions would run
  // unprotected.
  await checks.scrub.probe(stopping);
  connections.presence.start(stopping, () => whyNoSessions(checks) === null);
  void startOnceAllowed(workers.sessions, checks, stopping);
  announce(environment, checks, health.url);

  await signals.received;
  checks.host.stop();
  // From here on, this worker takes no session, so sessions of its work root need not wait for it.
  void connections.presence.leave();
  await drain(workers.sessions, {
    timeoutMs: settings.DRAIN_TIMEOUT_MS,
    force: signals.impatient,
    log,
  });

  const exitAnyway = setTimeout(() => process.exit(0), CLOSE_TIMEOUT_MS);
  await Promise.all([
    workers.sessions.close(),
    workers.webhooks.close(),
    workers.schedules.close(),
  ]);
  await Promise.allSettled([health.close(), baton.close()]);
  connection.disconnect();
  closeControl();
  clearTimeout(exitAnyway);
  log.info('stopped');
}

async function startOnceAllowed(
  sessions: SessionWorker,
  { scrub }: HostChecks,
  stopping: AbortSignal,
): Promise<void> {
  if (await scrub.untilAllowed(stopping)) sessions.start();
}

function announce({ identity, cli, log }: WorkerEnvironment, { scrub }: HostChecks, url: string) {
  const facts = { claude: cli.version, health: url, subprocess_env_scrub: scrub.describe() };
  if (scrub.whyNot() === null) log.info(facts, 'ready');
  else log.warn(facts, 'started, but not ready: the error logged before this line says why');
  const start = { worker: identity.workerId, pid: process.pid, health: url };
  process.stdout.write(`${JSON.stringify(start)}\n`);
}

main().catch((error: unknown) => {
  const masker = createMasker(operatorSecrets(process.env));
  const log = createLogger('baton-worker', 'fatal', undefined, masker.line);
  if (isAppError(error)) log.fatal({ code: error.code }, error.message);
  else log.fatal({ err: error }, 'the worker could not start');
  process.exit(1);
});
