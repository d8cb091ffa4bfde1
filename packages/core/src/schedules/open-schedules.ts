import type { Db } from 'mongodb';
import { createScheduleQueue } from '../queue/schedule-queue.ts';
import type { SessionQueueOptions } from '../queue/session-queue.ts';
import type { Sealer } from '../sealing/sealer.ts';
import type { StoreClock } from '../store/clock.ts';
import type { ListOptions } from '../store/read-document.ts';
import { createScheduleStore, type ScheduleStore } from '../store/schedule-store.ts';
import { createSchedules, type Schedules } from './schedules.ts';

/** What a process needs to manage schedules, and to fire them. */
export interface OpenSchedules {
  store: ScheduleStore;
  verbs: Schedules;
  close(): Promise<void>;
}

/** Opens it. Redis need not be up yet. */
export function openSchedules({
  db,
  clock,
  sealer,
  log,
  ...connection
}: SessionQueueOptions &
  ListOptions & { db: Db; clock: StoreClock; sealer?: Sealer }): OpenSchedules {
  const store = createScheduleStore(db, clock, { log });
  const queue = createScheduleQueue(connection);
  return { store, verbs: createSchedules(store, queue, sealer), close: () => queue.close() };
}
