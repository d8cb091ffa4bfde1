import { createProducer, openBaton, type RedisConnection } from '@baton/core/internal';
import { describe, expect, test, vi } from 'vitest';
import { untilPasses } from '../../../support/wait.ts';

/** Options that BullMQ refuses. The client never connects; closing it calls `disconnect`. */
function refusedOptions(disconnect: () => void): RedisConnection {
  class Connector {
    connecting = false;
    check = () => true;
    connect = () => new Promise<never>(() => {});
    disconnect = disconnect;
  }
  return { keyPrefix: 'mine:', Connector: Connector as never };
}

describe('if BullMQ refuses the Redis connection,', () => {
  test('openBaton closes the connection and throws', async () => {
    const disconnect = vi.fn();
    const open = () =>
      openBaton({ redis: refusedOptions(disconnect), mongodb: 'mongodb://127.0.0.1:1' });
    expect(open).toThrow('keyPrefix');
    await untilPasses(() => expect(disconnect).toHaveBeenCalledOnce());
  });

  test('createProducer closes the connection and throws', () => {
    const disconnect = vi.fn();
    const open = () => createProducer({ connection: refusedOptions(disconnect) });
    expect(open).toThrow('keyPrefix');
    expect(disconnect).toHaveBeenCalledOnce();
  });
});
