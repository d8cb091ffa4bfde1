// An API with streams, and readers of these streams.
import { onTestFinished } from 'vitest';
import { type Api, type ApiOptions, databaseUrl, openApi } from '../../../support/api.ts';
import { makeSession } from '../../../support/factories.ts';
import { type Listeners, openListeners } from '../../../support/live-listeners.ts';
import { test as base, redisUrl } from '../../../support/services.ts';
import { openStream, type SseMessage, type SseReader } from '../../../support/sse.ts';
import { claimAndWrite, type Writing } from '../../../support/writing.ts';

/** Longer than any test takes, in milliseconds. */
export const NEVER_MS = 600_000;

/** Opens one more API on the same stores with these times. The API closes after the test. */
export type OpenReplica = (times: NonNullable<ApiOptions['times']>) => Promise<Replica>;

/** One more API and its address. */
export interface Replica extends Api {
  url: string;
}

/** `test` with an API whose streams react only to live messages, because they poll too seldom. */
export const test = base.extend<{
  $file: { api: Api; url: string; listeners: Listeners };
  $test: { openReplica: OpenReplica };
}>({
  api: [
    async ({ databaseName, queuePrefix, db: _dropped }, use) => {
      const mongodb = databaseUrl(databaseName);
      const times = { heartbeatMs: 1_000, pollMs: NEVER_MS };
      const api = await openApi({ redis: redisUrl(), mongodb, prefix: queuePrefix, times });
      await use(api);
      await api.close();
    },
    { scope: 'file' },
  ],
  listeners: [
    async ({ queuePrefix }, use) => {
      const listeners = openListeners(queuePrefix);
      await use(listeners);
      listeners.close();
    },
    { scope: 'file' },
  ],
  url: [
    ({ api }, use) => api.app.listen({ host: '127.0.0.1', port: 0 }).then(use),
    { scope: 'file' },
  ],
  async openReplica({ databaseName, queuePrefix }, use) {
    const open = new Set<Api>();
    await use(async (times) => {
      const mongodb = databaseUrl(databaseName);
      const api = await openApi({ redis: redisUrl(), mongodb, prefix: queuePrefix, times });
      open.add(api);
      const close = () => (open.delete(api) ? api.close() : Promise.resolve());
      return { ...api, url: await api.app.listen({ host: '127.0.0.1', port: 0 }), close };
    });
    for (const api of open) await api.close();
  },
});

/** Starts a session whose writes are published. */
export async function start(api: Api): Promise<Writing> {
  const { id } = await api.stores.sessions.insertIfAbsent(makeSession());
  return claimAndWrite(api.stores, id, api.queue.live);
}

/** Opens a stream of a session's events, which is closed after the test. */
export async function tail(
  url: string,
  id: string,
  { query = '', ...headers }: Record<string, string> = {},
): Promise<SseReader> {
  const reader = await openStream(`${url}/v1/sessions/${id}/events${query}`, headers);
  onTestFinished(() => reader.close());
  return reader;
}

/** Returns the ids of the first `count` events of one session. */
export const upTo = (count: number) =>
  Array.from({ length: count }, (_, index) => String(index + 1));
/** Returns the ids of the messages. Messages without an id are skipped. */
export const ids = (messages: SseMessage[]) => messages.flatMap(({ id }) => id ?? []);
