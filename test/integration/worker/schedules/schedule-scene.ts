// Schedules in Redis and MongoDB, and the part of a worker that fires them.
import {
  createLogger,
  createRedisWatch,
  DEFAULT_KEPT,
  type KeyStore,
  openBaton,
  openWorkerRedis,
  type Schedule,
  type ScheduleServices,
  type SessionManager,
  type SessionQueue,
  type StoreClock,
} from '@baton/core/internal';
import { Queue } from 'bullmq';
import type { Db } from 'mongodb';
import { openWorkerSchedules } from '../../../../apps/worker/src/schedules/open-worker-schedules.ts';
import { redisUrl, uniqueName } from '../../../support/services.ts';
import { asMongo } from '../../../support/stores.ts';
import { test as base } from '../../core/stores.ts';

/** A logger without output. */
export const log = createLogger('worker', 'silent');

/** The launch body of the schedules. */
export const launch = { query: 'tidy up', env: { TOKEN: 's3cret-value' }, tags: ['nightly'] };
/** A schedule that is not due while a test runs. */
export const YEARLY = { cron: '0 0 1 1 *', overlap: 'skip', enabled: true, launch } as const;

/** Schedules of one test, and the manager of their sessions. */
export interface Scene extends ScheduleServices {
  manager: SessionManager;
  clock: StoreClock;
  keys: KeyStore;
  /** The queue of the sessions. */
  queue: SessionQueue;
  bull: Queue;
  /** Starts the firings of a worker. */
  run(): void;
  end(id: string): Promise<void>;
}

/** `test` with a scene of schedules. */
export const test = base.extend<{ scene: Scene }>({
  scene: async ({ db }, use) => {
    const prefix = uniqueName('queue');
    const connection = redisUrl();
    await db.collection('schedules').deleteMany({});
    const baton = openBaton({ redis: connection, mongodb: asMongo(db), prefix });
    const { schedules, manager, clock, stores, queue } = baton;
    const bull = new Queue('schedules', { connection: { url: connection }, prefix });
    const opened: (() => Promise<void>)[] = [];
    await use({
      ...schedules,
      manager,
      clock,
      keys: stores.keys,
      queue,
      bull,
      run() {
        const redis = openWorkerRedis(connection);
        const watch = createRedisWatch(async () => {}, log);
        const worker = openWorkerSchedules(
          { QUEUE_PREFIX: prefix },
          {
            schedules,
            keys: stores.keys,
            clock,
            manager,
            connection: redis,
            kept: DEFAULT_KEPT,
            watch,
            log,
          },
        );
        worker.start();
        opened.push(async () => {
          await worker.close();
          redis.disconnect();
        });
      },
      async end(id) {
        await raw(db).updateOne({ _id: id }, { $set: { status: 'completed' } });
      },
    });
    for (const close of opened) await close();
    for (const one of [bull, queue.bull]) await one.obliterate({ force: true });
    await bull.close();
    await baton.close();
  },
});

const raw = (db: Db) => db.collection<{ _id: string; status: string }>('sessions');

/** The ids of the sessions that a schedule launched, oldest first. */
export async function launched({ manager }: Scene, { id }: Schedule): Promise<string[]> {
  const { sessions } = await manager.listSessions({ schedule_id: id });
  return sessions.map((session) => session.id).reverse();
}
