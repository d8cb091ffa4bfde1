import type { SessionWorker } from '../sessions/session-worker.ts';
import type { WorkerConnections } from './connections.ts';
import { describeWorkspaces } from './describe-workspaces.ts';
import type { WorkerEnvironment } from './environment.ts';
import { type HealthServer, serveHealth } from './health-server.ts';
import { type HostChecks, whyNoSessions } from './host-checks.ts';

/**
 * Serves the worker's /healthz and /readyz. The worker is not ready while it stops, while its host is
 * sick, or while it takes no jobs.
 */
export function serveReadiness(
  { settings, workspace, workRoot }: Pick<WorkerEnvironment, 'settings' | 'workspace' | 'workRoot'>,
  { baton, presence }: WorkerConnections,
  { host, scrub }: HostChecks,
  worker: Pick<SessionWorker, 'isTaking'>,
  stopping: AbortSignal,
): Promise<HealthServer> {
  function whyNotReady(): string | null {
    if (stopping.aborted) return 'draining';
    const whyNot = whyNoSessions({ host, scrub });
    if (whyNot !== null) return whyNot;
    return worker.isTaking() ? null : 'not taking jobs';
  }
  return serveHealth(
    { host: settings.HEALTH_HOST, port: settings.HEALTH_PORT },
    whyNotReady,
    { redis: () => baton.queue.ping(), mongodb: () => baton.mongo.ping() },
    () => ({
      subprocess_env_scrub: scrub.describe(),
      workspaces: describeWorkspaces(workspace, workRoot, presence.otherRoots()),
    }),
  );
}
