// Everything that is no worker: clients that ask for sessions, and a reader that looks on.
import {
  createProducer,
  ensureIndexes,
  type Mongo,
  openBaton,
  type Stores,
} from '@baton/core/internal';
import { createLoad, type Load } from './load.ts';
import { createRandom } from './random.ts';
import { startWatch, type Watch } from './watch.ts';

/** The clients of a run, and what they look at. */
export interface Clients {
  mongo: Mongo;
  stores: Stores;
  load: Load;
  watch: Watch;
  close(): Promise<void>;
}

/** Opens them on these servers; they have asked for nothing yet. */
export async function openClients(
  urls: { redis: string; mongodb: string },
  seed: number,
): Promise<Clients> {
  const baton = openBaton(urls);
  const { mongo, stores } = baton;
  await ensureIndexes(mongo.db);
  const producer = createProducer({ connection: urls.redis });
  const load = createLoad({
    manager: baton.manager,
    producer,
    stop: baton.stop,
    random: createRandom(seed, 'clients'),
    completed: () =>
      [...watch.finals.values()].flatMap(({ id, status }) => (status === 'completed' ? [id] : [])),
  });
  const watch = startWatch(stores, () => load.accepted.keys(), createRandom(seed, 'watch'));
  return {
    mongo,
    stores,
    load,
    watch,
    async close() {
      await watch.stop();
      await Promise.allSettled([producer.close(), baton.close()]);
    },
  };
}
