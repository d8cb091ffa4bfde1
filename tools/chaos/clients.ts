// The parts of a run that are not workers: clients that launch sessions and send messages, and a
// reader that watches them.
import {
  createProducer,
  ensureIndexes,
  type Mongo,
  openBaton,
  type SessionMessages,
  type Stores,
} from '@baton/core/internal';
import { createLoad, type Load } from './load.ts';
import { createMessageClients, type MessageClients } from './messages.ts';
import { createRandom } from './random.ts';
import { startWatch, type Watch } from './watch.ts';

/** The clients and the reader of a run, and the stores. */
export interface Clients {
  mongo: Mongo;
  stores: Stores;
  /** Lists messages, as the API does. */
  lists: Pick<SessionMessages, 'listMessages'>;
  load: Load;
  messages: MessageClients;
  watch: Watch;
  close(): Promise<void>;
}

/** Opens the clients on these servers. They have launched no session yet. */
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
  const messages = createMessageClients({
    messages: baton.messages,
    launched: () => [...load.accepted.values()].map(({ planned }) => planned),
    hasEnded: (id) => watch.finals.has(id),
  });
  return {
    mongo,
    stores,
    lists: baton.messages,
    load,
    messages,
    watch,
    async close() {
      await watch.stop();
      await Promise.allSettled([producer.close(), baton.close()]);
    },
  };
}
