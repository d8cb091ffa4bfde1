// Readers that do not read: what the server holds for them is bounded.
import { setTimeout as pause } from 'node:timers/promises';
import type { Event } from '@baton/core/internal';
import { expect, vi } from 'vitest';
import { ids, start, tail, test, upTo } from './streams.ts';

const EVENTS = 120;
const EVENT_BYTES = 256 * 1024;

// What the two ends of a socket take although nobody reads, at most (net.ipv4.tcp_wmem, tcp_rmem).
const SOCKET_BYTES = 12 * 1024 * 1024;

/** How much is read of events by now, once that does not grow any more. */
async function settled(read: { bytes: number }): Promise<number> {
  for (let before = -1; before !== read.bytes; ) {
    before = read.bytes;
    await pause(300);
  }
  return read.bytes;
}

test('a reader that is slow is read for no faster, and is told everything in the end', async ({
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

test('a reader that takes nothing for long is dropped', async ({ api, listeners, openReplica }) => {
  const { url, logged } = await openReplica({ heartbeatMs: 200 });
  const writing = await start(api);
  const { id } = writing.session;
  for (let left = EVENTS; left > 0; left -= 20) await writing.write(20, EVENT_BYTES);
  const patient = await tail(url, id, { query: `?after=${EVENTS}` });
  const waiting = patient.next();
  await tail(url, id);
  await vi.waitFor(async () => expect(await listeners.to(id)).toBe(1));
  const dropped = () => logged.filter((line) => line.includes('its reader read nothing'));
  await vi.waitFor(() => expect(dropped()).toHaveLength(1), { timeout: 15_000, interval: 100 });
  await writing.write(1);
  expect(await waiting).toMatchObject({ id: String(EVENTS + 1) });
});
