// A listening API and clients of it.
import { onTestFinished } from 'vitest';
import {
  type BatonClient,
  type ClientOptions,
  createClient,
} from '../../../packages/client/src/index.ts';
import { type ApiOptions, databaseUrl, openApi } from '../../support/api.ts';
import { test as base } from '../../support/keyed-api.ts';
import { redisUrl } from '../../support/services.ts';

/** The type of `fetch`, which a test may replace. */
export type Fetch = typeof globalThis.fetch;

/** `test` with an API without keys for this file, its address, and a client of it. */
export const test = base.extend<{
  $file: {
    at: ApiOptions;
    api: Awaited<ReturnType<typeof openApi>>;
    url: string;
    client: BatonClient;
  };
}>({
  at: [
    async ({ databaseName, queuePrefix, db: _dropped }, use) =>
      use({
        redis: redisUrl(),
        mongodb: databaseUrl(databaseName),
        prefix: queuePrefix,
        times: { heartbeatMs: 100, pollMs: 1_000 },
      }),
    { scope: 'file' },
  ],
  api: [
    async ({ at }, use) => {
      const api = await openApi(at);
      await use(api);
      await api.queue.bull.obliterate({ force: true });
      await api.close();
    },
    { scope: 'file' },
  ],
  url: [
    ({ api }, use) => api.app.listen({ host: '127.0.0.1', port: 0 }).then(use),
    { scope: 'file' },
  ],
  client: [async ({ url }, use) => use(createClient({ baseUrl: url })), { scope: 'file' }],
});

/** Returns a client that loses the first responses, and the number of requests it sent. */
export function losing(
  answers: number,
  options: ClientOptions,
): { client: BatonClient; asked: () => number } {
  let asked = 0;
  const fetch: Fetch = async (input, init) => {
    asked += 1;
    const response = await globalThis.fetch(input, init);
    if (asked > answers) return response;
    await response.arrayBuffer();
    throw new TypeError('the connection was lost');
  };
  return { client: createClient({ ...options, fetch }), asked: () => asked };
}

/** Opens an API that a test can stop and start again at the same address. */
export async function openRestartable(at: ApiOptions) {
  let api = await openApi(at);
  const url = await api.app.listen({ host: '127.0.0.1', port: 0 });
  const port = Number(new URL(url).port);
  let isUp = true;
  const stop = async () => {
    if (isUp) await api.close();
    isUp = false;
  };
  onTestFinished(stop);
  return {
    url,
    stop,
    async start() {
      api = await openApi(at);
      isUp = true;
      await api.app.listen({ host: '127.0.0.1', port });
    },
    /** Returns the number of open connections. */
    connections: () =>
      new Promise<number>((resolve, reject) =>
        api.app.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
  };
}

/** Collects all items of an iterator. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of items) found.push(one);
  return found;
}
