import type {
  KeptJobs,
  KeyStore,
  Logger,
  openWorkerRedis,
  RedisWatch,
  ScheduleServices,
  SessionManager,
  StoreClock,
} from '@baton/core/internal';
import type { MaintenanceTask } from '../maintenance/maintenance.ts';
import type { WorkerSettings } from '../settings.ts';
import { createScheduleWorker } from './schedule-worker.ts';

/** The part of a worker process that fires schedules. */
export interface WorkerSchedules {
  /** Starts to process firings. */
  start(): void;
  /** The maintenance tasks for schedules: they make the job schedulers in Redis agree with the documents. */
  tasks: readonly MaintenanceTask[];
  /** Stops taking firings, and resolves within seconds. */
  close(): Promise<void>;
}

/** Opens the part of a worker that fires schedules. The caller closes the queue of `schedules`. */
export function openWorkerSchedules(
  { QUEUE_PREFIX: prefix }: Pick<WorkerSettings, 'QUEUE_PREFIX'>,
  {
    schedules,
    ...parts
  }: {
    schedules: ScheduleServices;
    keys: KeyStore;
    clock: StoreClock;
    manager: SessionManager;
    connection: ReturnType<typeof openWorkerRedis>;
    kept: KeptJobs;
    watch: Pick<RedisWatch, 'note'>;
    log: Logger;
  },
): WorkerSchedules {
  const worker = createScheduleWorker({ ...parts, store: schedules.store, prefix });
  return {
    start: worker.start,
    tasks: [
      {
        name: 'reconciling schedules',
        everyMs: 5_000,
        limitMs: 60_000,
        run: () => schedules.verbs.reconcile(),
      },
    ],
    close: worker.close,
  };
}
