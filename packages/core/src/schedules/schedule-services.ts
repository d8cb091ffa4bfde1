import type { ScheduleQueue } from '../queue/schedule-queue.ts';
import type { Sealer } from '../sealing/sealer.ts';
import type { FileStore } from '../store/file-store.ts';
import type { ScheduleStore } from '../store/schedule-store.ts';
import { createSchedules, type Schedules } from './schedules.ts';

/** The parts that a process needs to manage schedules and to fire them. */
export interface ScheduleServices {
  store: ScheduleStore;
  verbs: Schedules;
}

/** Creates the services over a store and a queue that are already open. */
export function createScheduleServices({
  store,
  files,
  queue,
  sealer,
}: {
  store: ScheduleStore;
  files: Pick<FileStore, 'pin' | 'release'>;
  queue: ScheduleQueue;
  /** Encrypts the secrets of launches. Default: secrets are not encrypted. */
  sealer?: Sealer;
}): ScheduleServices {
  return { store, verbs: createSchedules(store, queue, files, sealer) };
}
