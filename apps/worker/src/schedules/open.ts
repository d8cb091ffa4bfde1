import {
  createKeyStore,
  type KeptJobs,
  type Logger,
  type Mongo,
  openSchedules,
  type openWorkerRedis,
  type RedisWatch,
  type SessionManager,
  type StoreClock,
} from '@baton/core/internal';
import type { z } from 'zod';
import type { MaintenanceTask } from '../maintenance/maintenance.ts';
import type { workerSettingsSchema } from '../settings.ts';
import { createScheduleWorker } from './schedule-worker.ts';

/** What a worker process does for schedules. */
export interface WorkerSchedules {
  /** Begins to take firings. */
  start(): void;
  /** What the lease holder does for schedules: it makes Redis fire by the documents. */
  tasks: readonly MaintenanceTask[];
  /** Resolves within seconds. */
  close(): Promise<void>;
}

/** Opens the part of a worker that fires schedules, as the settings say. */
export function openWorkerSchedules(
  settings: Pick<z.infer<typeof workerSettingsSchema>, 'REDIS_URL' | 'QUEUE_PREFIX'>,
  parts: {
    db: Mongo['db'];
    clock: StoreClock;
    manager: SessionManager;
    connection: ReturnType<typeof openWorkerRedis>;
    kept: KeptJobs;
    watch: Pick<RedisWatch, 'note'>;
    log: Logger;
  },
): WorkerSchedules {
  const prefix = settings.QUEUE_PREFIX;
  const { db, clock, log } = parts;
  const schedules = openSchedules({ db, clock, log, connection: settings.REDIS_URL, prefix });
  const keys = createKeyStore(db);
  const worker = createScheduleWorker({ ...parts, store: schedules.store, keys, prefix });
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
    async close() {
      await worker.close();
      await schedules.close();
    },
  };
}
