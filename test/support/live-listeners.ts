import { openWorkerRedis } from '@baton/core/internal';
import { redisUrl } from './services.ts';

/** Counts the Redis connections that listen to live channels. */
export interface Listeners {
  /** Returns how many connections listen to a conversation. */
  to(root: string): Promise<number>;
  /** Returns the number of channels of each live connection, for all prefixes. */
  each(): Promise<number[]>;
  close(): void;
}

/** Opens a counter of the listeners under a prefix. */
export function openListeners(prefix: string): Listeners {
  const client = openWorkerRedis(redisUrl());
  return {
    async to(root) {
      const [, count] = await client.pubsub('NUMSUB', `${prefix}:live:${root}`);
      return Number(count);
    },
    async each() {
      const connections = String(await client.client('LIST'));
      return [...connections.matchAll(/ name=baton-live .* sub=(\d+)/g)].map(([, n]) => Number(n));
    },
    close: () => client.disconnect(),
  };
}
