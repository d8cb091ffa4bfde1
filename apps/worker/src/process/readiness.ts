import type { SessionWorker } from '../sessions/session-worker.ts';
import type { WorkerSettings } from '../settings.ts';
import type { WorkerConnections } from './connections.ts';
import { type HealthServer, serveHealth } from './health-server.ts';
import type { HostChecks } from './host-checks.ts';

/**
 * Serves the worker's /healthz and /readyz. The worker is not ready while it stops, while its host is
 * sick, or while it takes no jobs.
 */
export function serveReadiness(
  settings: WorkerSettings,
  { baton }: WorkerConnections,
  { host, scrub }: HostChecks,
  worker: Pick<SessionWorker, 'isTaking'>,
  stopping: AbortSignal,
): Promise<HealthServer> {
  function whyNotReady(): string | null {
    if (stopping.aborted) return 'draining';
    const whyNot = host.whyNot() ?? scrub.whyNot();
    if (whyNot !== null) return whyNot;
    return worker.isTaking() ? null : 'not taking jobs';
  }
  return serveHealth(
    { host: settings.HEALTH_HOST, port: settings.HEALTH_PORT },
    whyNotReady,
    { redis: () => baton.queue.ping(), mongodb: () => baton.mongo.ping() },
    () => ({ subprocess_env_scrub: scrub.describe() }),
  );
}
