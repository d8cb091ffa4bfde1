// Everything that is no worker: clients that ask for sessions, and a reader that looks on.
import {
  connectMongo,
  createAdmission,
  createEventStore,
  createProducer,
  createSessionManager,
  createSessionQueue,
  createSessionStop,
  createSessionStore,
  createStopRequests,
  createStoreClock,
  ensureIndexes,
  type Mongo,
  type SessionStore,
} from '@baton/core/internal';
import { createLoad, type Load } from './load.ts';
import { createRandom } from './random.ts';
import { startWatch, type Watch } from './watch.ts';

/** The clients of a run, and what they look at. */
export interface Clients {
  mongo: Mongo;
  sessions: SessionStore;
  load: Load;
  watch: Watch;
  close(): Promise<void>;
}

/** Opens them on these servers; they have asked for nothing yet. */
export async function openClients(
  urls: { redis: string; mongodb: string },
  seed: number,
): Promise<Clients> {
  const mongo = connectMongo(urls.mongodb);
  await ensureIndexes(mongo.db);
  const sessions = createSessionStore(mongo.db);
  const queue = createSessionQueue({ connection: urls.redis });
  const producer = createProducer({ connection: urls.redis });
  const clock = createStoreClock(mongo.db);
  const admission = createAdmission({ db: mongo.db, clock, queue });
  const manager = createSessionManager({ queue, sessions, admission });
  const requests = createStopRequests(mongo.db, clock);
  const load = createLoad({
    manager,
    producer,
    stop: createSessionStop({ manager, queue, requests, admission }),
    random: createRandom(seed, 'clients'),
    completed: () =>
      [...watch.finals.values()].flatMap(({ id, status }) => (status === 'completed' ? [id] : [])),
  });
  const watch = startWatch(
    { sessions, events: createEventStore(mongo.db) },
    () => load.accepted.keys(),
    createRandom(seed, 'watch'),
  );
  return {
    mongo,
    sessions,
    load,
    watch,
    async close() {
      await watch.stop();
      await Promise.allSettled([queue.close(), producer.close(), mongo.close()]);
    },
  };
}
