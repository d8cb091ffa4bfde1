import { openWorkerRedis } from '@baton/core/internal';
import { redisUrl } from './services.ts';

/** Who listens over Redis. */
export interface Listeners {
  /** How many connections listen to a conversation. */
  to(root: string): Promise<number>;
  /** How many channels each connection listens to, whoever's it is. */
  each(): Promise<number[]>;
  close(): void;
}

/** The listeners under a prefix. */
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
