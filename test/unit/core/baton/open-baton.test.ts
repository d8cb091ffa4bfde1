import { createProducer, openBaton, type RedisConnection } from '@baton/core/internal';
import { describe, expect, test, vi } from 'vitest';

/** Options that BullMQ refuses, of a client that never connects; `disconnect` is called once it is closed. */
function refusedOptions(disconnect: () => void): RedisConnection {
  class Connector {
    connecting = false;
    check = () => true;
    connect = () => new Promise<never>(() => {});
    disconnect = disconnect;
  }
  return { keyPrefix: 'mine:', Connector: Connector as never };
}

describe('a connection to Redis that BullMQ refuses', () => {
  test('is closed by openBaton, which throws', async () => {
    const disconnect = vi.fn();
    const open = () =>
      openBaton({ redis: refusedOptions(disconnect), mongodb: 'mongodb://127.0.0.1:1' });
    expect(open).toThrow('keyPrefix');
    await vi.waitFor(() => expect(disconnect).toHaveBeenCalledOnce());
  });

  test('is closed by createProducer, which throws', () => {
    const disconnect = vi.fn();
    const open = () => createProducer({ connection: refusedOptions(disconnect) });
    expect(open).toThrow('keyPrefix');
    expect(disconnect).toHaveBeenCalledOnce();
  });
});
