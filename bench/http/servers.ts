// Starts the API and the bare server that it is compared with, each as a separate process.
import { fileURLToPath } from 'node:url';
import { startChild } from '../child.ts';
import type { Urls } from '../rig.ts';

const OURS = fileURLToPath(new URL('../../apps/api/src/main.ts', import.meta.url));
const BARE = fileURLToPath(new URL('./bare.ts', import.meta.url));

/** A server that is ready. */
export interface Server {
  url: string;
  stop(): Promise<void>;
}

async function start(
  main: string,
  { redisUrl, mongodbUrl }: Urls,
  env: Record<string, string>,
): Promise<Server> {
  const child = await startChild(main, { REDIS_URL: redisUrl, MONGODB_URL: mongodbUrl, ...env });
  const { api } = JSON.parse(child.line) as { api: string };
  return { url: api, stop: child.stop };
}

/** Starts the API on the queue with this prefix. */
export function startApi(urls: Urls, prefix: string): Promise<Server> {
  return start(OURS, urls, { QUEUE_PREFIX: prefix, AUTH: 'none', PORT: '0' });
}

/** Starts the bare server on the database in `urls`, and on the queue with this prefix. */
export function startBare(urls: Urls, prefix: string): Promise<Server> {
  return start(BARE, urls, { QUEUE_PREFIX: prefix });
}
