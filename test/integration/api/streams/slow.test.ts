// The server buffers a bounded amount for readers that do not read.
import { setTimeout as pause } from 'node:timers/promises';
import type { Event } from '@baton/core/internal';
import { expect, vi } from 'vitest';
import { untilPasses } from '../../../support/wait.ts';
import { ids, start, tail, test, upTo } from './streams.ts';

const EVENTS = 120;
const EVENT_BYTES = 256 * 1024;

// The most that both ends of a socket buffer while nobody reads (net.ipv4.tcp_wmem, tcp_rmem).
const SOCKET_BYTES = 12 * 1024 * 1024;

/** Waits until no more events are read, and returns the bytes read so far. */
async function settled(read: { bytes: number }): Promise<number> {
  for (let before = -1; before !== read.bytes; ) {
    before = read.bytes;
    await pause(300);
  }
  return read.bytes;
}

test('the server reads events no faster than a slow reader, and the reader gets all events', async ({
  api,
  url,
}) => {
  const read = { bytes: 0 };
  const { page } = api.stores.events;
  api.stores.events.page = async (range) => {
    const found: Event[] = await page(range);
    read.bytes += found.reduce((sum, { raw }) => sum + raw.length, 0);
    return found;
  };
  const writing = await start(api);
  for (let left = EVENTS; left > 0; left -= 20) await writing.write(20, EVENT_BYTES);
  await writing.complete();
  const reader = await tail(url, writing.session.id);
  expect(await settled(read)).toBeLessThan(SOCKET_BYTES + 10 * EVENT_BYTES);
  expect(ids(await reader.all())).toEqual(upTo(EVENTS));
  expect(read.bytes).toBeGreaterThan(EVENTS * EVENT_BYTES);
});

test('a reader that reads nothing for long is disconnected', async ({
  api,
  listeners,
  openReplica,
}) => {
  const { url, logged } = await openReplica({ heartbeatMs: 200 });
  const writing = await start(api);
  const { id } = writing.session;
  for (let left = EVENTS; left > 0; left -= 20) await writing.write(20, EVENT_BYTES);
  const patient = await tail(url, id, { query: `?after=${EVENTS}` });
  const waiting = patient.next();
  await tail(url, id);
  await untilPasses(async () => expect(await listeners.to(id)).toBe(1));
  const dropped = () => logged.filter((line) => line.includes('its reader read nothing'));
  await vi.waitFor(() => expect(dropped()).toHaveLength(1), { timeout: 15_000, interval: 100 });
  await writing.write(1);
  expect(await waiting).toMatchObject({ id: String(EVENTS + 1) });
});
