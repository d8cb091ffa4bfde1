import { createScheduleQueue } from '../queue/schedule-queue.ts';
import type { SessionQueueOptions } from '../queue/session-queue.ts';
import type { Sealer } from '../sealing/sealer.ts';
import type { ScheduleStore } from '../store/schedule-store.ts';
import { createSchedules, type Schedules } from './schedules.ts';

/** What a process needs to manage schedules, and to fire them. */
export interface OpenSchedules {
  store: ScheduleStore;
  verbs: Schedules;
  close(): Promise<void>;
}

/** Opens it. Redis need not be up yet. */
export function openSchedules({
  store,
  sealer,
  ...connection
}: SessionQueueOptions & { store: ScheduleStore; sealer?: Sealer }): OpenSchedules {
  const queue = createScheduleQueue(connection);
  return { store, verbs: createSchedules(store, queue, sealer), close: () => queue.close() };
}
