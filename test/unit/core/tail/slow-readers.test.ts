// The memory that Baton uses for a slow reader is bounded.
import { newId, type StatusItem, statusChanges } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import type { SessionUpdate } from '../../../../packages/core/src/model/session/live.ts';
import type { LiveListener } from '../../../../packages/core/src/queue/live-hub.ts';
import { nextPage } from '../../../../packages/core/src/tail/page-size.ts';
import { createPartialBuffer } from '../../../../packages/core/src/tail/partial-buffer.ts';

function news(id: string, status: SessionUpdate['status'] = 'queued'): SessionUpdate {
  const at = new Date(0).toISOString();
  return { kind: 'news', id, root_session_id: id, status, last_event_seq: 0, at };
}

/** Starts a reader of status changes; `send` delivers a change to it. */
async function listen() {
  const listeners = new Set<LiveListener>();
  const stop = new AbortController();
  const hub = {
    listenToStatuses(listener: LiveListener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const items = statusChanges(hub, { signal: stop.signal });
  const first = items.next();
  for (const listener of listeners) listener.connected();
  expect(await first).toMatchObject({ value: { kind: 'live' } });
  const send = (message: SessionUpdate) => {
    for (const listener of listeners) listener.onMessage(message);
  };
  return { items, send, stop, listeners };
}

const changesOf = (item: IteratorResult<StatusItem, unknown>) =>
  item.done || item.value.kind !== 'changes' ? [] : item.value.changes;

describe('status changes that wait for a slow reader', () => {
  test('are only the latest change of each session, in order', async () => {
    const { items, send } = await listen();
    const [one, two] = [newId(), newId()];
    send(news(one, 'queued'));
    send(news(two, 'queued'));
    send(news(one, 'starting'));
    send(news(one, 'running'));
    const received = changesOf(await items.next());
    expect(received.map(({ id, status }) => [id, status])).toEqual([
      [two, 'queued'],
      [one, 'running'],
    ]);
  });

  test("end the reader's stream if they belong to too many sessions", async () => {
    const { items, send, listeners } = await listen();
    for (let count = 0; count < 20_000; count += 1) send(news(newId()));
    await expect(items.next()).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(listeners.size).toBe(0);
  });

  test('are dropped when the reader stops', async () => {
    const { items, stop, listeners } = await listen();
    const next = items.next();
    stop.abort();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(listeners.size).toBe(0);
  });
});

describe('buffered partial lines', () => {
  test('are limited in number, and the newest stay', () => {
    const buffer = createPartialBuffer();
    const lines = Array.from({ length: 1_000 }, (_, index) => String(index));
    buffer.add({ id: newId(), attempt: 1, lines });
    const taken = buffer.drain();
    expect(taken.length).toBeLessThan(500);
    expect(taken.at(-1)).toMatchObject({ raw: '999' });
    expect(buffer.drain()).toEqual([]);
  });

  test('are limited in size', () => {
    const buffer = createPartialBuffer();
    const line = 'x'.repeat(64 * 1024);
    for (let count = 0; count < 100; count += 1) {
      buffer.add({ id: newId(), attempt: 1, lines: [line] });
    }
    const bytes = buffer.drain().reduce((sum, { raw }) => sum + raw.length, 0);
    expect(bytes).toBeLessThanOrEqual(1024 * 1024);
    expect(bytes).toBeGreaterThan(512 * 1024);
  });
});

test.each([
  ['doubles after short lines', 8, [100, 200], 16],
  ['stays at its maximum', 32, [100], 32],
  ['shrinks at once after long lines', 32, [100, 128 * 1024], 2],
  ['shrinks to one event', 2, [1024 * 1024], 1],
])('the page size of a stream %s', (_what, events, sizes, next) => {
  expect(nextPage(events, sizes)).toBe(next);
});
