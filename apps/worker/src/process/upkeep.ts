import { createJobUpkeep, createLeaderLease } from '@baton/core/internal';
import { startDiskCheck } from '../host/disk-space.ts';
import { startSweep } from '../host/sweep.ts';
import { startWorkDirSweep } from '../host/work-dirs.ts';
import { fileTasks } from '../maintenance/files.ts';
import { startMaintenance } from '../maintenance/maintenance.ts';
import { reconcilerTasks } from '../maintenance/reconciler.ts';
import { retentionTasks } from '../maintenance/retention.ts';
import { startMirrorSweep } from '../repository/mirror-cache.ts';
import { startCacheSweep } from '../workspace/cache.ts';
import type { WorkerConnections } from './connections.ts';
import type { WorkerEnvironment } from './environment.ts';
import type { HostChecks } from './host-checks.ts';
import { getKeptJobs, type Workers } from './workers.ts';

/**
 * Regularly removes what ended attempts and deleted conversations left on this host, until `signal`
 * is aborted.
 */
export function startHostSweeps(
  { settings, workRoot, workspace, log }: WorkerEnvironment,
  { baton: { stores, clock } }: WorkerConnections,
  checks: Pick<HostChecks, 'host'>,
  signal: AbortSignal,
): void {
  startSweep(log, signal);
  startDiskCheck(
    { workRoot, minFreeBytes: settings.DISK_MIN_FREE_BYTES, host: checks.host, log },
    signal,
  );
  if (workspace.engine) {
    const { sessions } = stores;
    const maxBytes = settings.WORKSPACE_CACHE_BYTES;
    startCacheSweep({ workRoot, maxBytes, sessions, log }, signal);
  }
  startMirrorSweep({ workRoot, maxBytes: settings.REPOSITORY_CACHE_BYTES, log }, signal);
  startWorkDirSweep(
    {
      workRoot,
      tombstones: stores.tombstones,
      isKept: async (rootId) => (await stores.tree.newest(rootId)).length > 0,
      clock,
      log,
    },
    signal,
  );
}

/** The name of the lease whose holder runs the fleet's maintenance tasks. */
export const MAINTENANCE_LEASE = 'reconciler';

/** Runs the fleet's maintenance tasks while this worker holds their lease, until `signal` is aborted. */
export function startFleetMaintenance(
  { settings, identity, log }: WorkerEnvironment,
  { baton }: WorkerConnections,
  { tasks }: Pick<Workers, 'tasks'>,
  signal: AbortSignal,
): void {
  const { stores, clock, queue, adopter, admission, deletion, mongo } = baton;
  const all = [
    ...reconcilerTasks({
      jobs: createJobUpkeep(queue.bull, { keepFailed: getKeptJobs(settings).failed }),
      store: stores.reconcile,
      adopter,
      admission,
      log,
    }),
    ...tasks,
    ...fileTasks({ files: stores.files, log }),
    ...retentionTasks({ deletion, tree: stores.tree, clock, days: settings.RETENTION_DAYS, log }),
  ];
  const lease = createLeaderLease(mongo.db, clock, MAINTENANCE_LEASE, identity.workerId);
  startMaintenance(all, { lease, log }, signal);
}
