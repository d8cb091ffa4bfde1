// The API, and a bare one beside it, each as a process of its own.
import { fileURLToPath } from 'node:url';
import { startChild } from '../child.ts';
import type { Urls } from '../rig.ts';

const OURS = fileURLToPath(new URL('../../apps/api/src/main.ts', import.meta.url));
const BARE = fileURLToPath(new URL('./bare.ts', import.meta.url));

/** A server that answers. */
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

/** Starts the API on a queue of this prefix. */
export function startApi(urls: Urls, prefix: string): Promise<Server> {
  return start(OURS, urls, { QUEUE_PREFIX: prefix, AUTH: 'none', PORT: '0' });
}

/** Starts the bare one on a queue of this prefix, over the same database. */
export function startBare(urls: Urls, prefix: string): Promise<Server> {
  return start(BARE, urls, { QUEUE_PREFIX: prefix });
}
