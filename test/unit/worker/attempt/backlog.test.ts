import type { Event } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import {
  BATCH_MAX_BYTES,
  BATCH_MAX_EVENTS,
  type Backlog,
  createBacklog,
} from '../../../../apps/worker/src/attempt/backlog.ts';

function event(seq: number, raw: string): Event {
  const ids = { session_id: 's', seq, attempt: 1, fence: 1 };
  return { ...ids, type: 'assistant', created_at: new Date(0), raw };
}

function filled(raws: string[]): Backlog {
  const backlog = createBacklog();
  for (const [index, raw] of raws.entries()) backlog.add(event(index + 1, raw));
  return backlog;
}

function takeAll(backlog: Backlog): number[] {
  const sizes: number[] = [];
  while (backlog.events > 0) sizes.push(backlog.takeBatch().length);
  return sizes;
}

const KIB = 1024;
const BATCHES: [string, string[], number[]][] = [
  ['no line', [], []],
  ['few lines', ['a', 'b'], [2]],
  ['many lines', Array(600).fill('a'), [BATCH_MAX_EVENTS, BATCH_MAX_EVENTS, 88]],
  ['large lines', Array(5).fill('x'.repeat(100 * KIB)), [2, 2, 1]],
  ['lines that are large in bytes only', Array(4).fill('€'.repeat(60 * KIB)), [1, 1, 1, 1]],
  ['a line over the limit, alone', ['a', 'x'.repeat(BATCH_MAX_BYTES + 1), 'b'], [1, 1, 1]],
  ['lines that just fit', Array(3).fill('x'.repeat(BATCH_MAX_BYTES / 2)), [2, 1]],
];

describe('the backlog', () => {
  test.each(BATCHES)('returns %s in batches within the limits', (_name, raws, sizes) => {
    expect(takeAll(filled(raws))).toEqual(sizes);
  });

  test('returns events in the order in which they were added', () => {
    const backlog = filled(Array(300).fill('a'));
    const seqs = [...backlog.takeBatch(), ...backlog.takeBatch()].map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
    expect(seqs).toHaveLength(300);
  });

  test('counts its waiting events and their bytes', () => {
    const backlog = filled(['€', 'ab']);
    expect(backlog).toMatchObject({ events: 2, bytes: 5 });
    backlog.takeBatch();
    expect(backlog).toMatchObject({ events: 0, bytes: 0 });
    expect(backlog.takeBatch()).toEqual([]);
  });

  test.each([
    ['not full', 'one line short of a batch', Array(BATCH_MAX_EVENTS - 1).fill('a'), false],
    ['full', 'a batch of lines', Array(BATCH_MAX_EVENTS).fill('a'), true],
    ['full', 'a batch of bytes', ['x'.repeat(BATCH_MAX_BYTES)], true],
  ])('is %s with %s', (_full, _what, raws, isFull) => {
    expect(filled(raws).isFull()).toBe(isFull);
  });

  test.each([
    ['events', Array(4_096).fill('a')],
    ['bytes', Array(8).fill('x'.repeat(1024 * KIB))],
  ])('makes a caller wait above its limit of %s until a batch is taken', async (_what, raws) => {
    const backlog = filled(raws);
    expect(backlog.hasCapacity()).toBe(false);
    let isReleased = false;
    const waiting = backlog.waitForCapacity().then(() => {
      isReleased = true;
    });
    await Promise.resolve();
    expect(isReleased).toBe(false);
    backlog.takeBatch();
    await waiting;
    expect(backlog.hasCapacity()).toBe(true);
  });

  test('makes no caller wait once it is closed', async () => {
    const backlog = filled(Array(4_096).fill('a'));
    const waiting = backlog.waitForCapacity();
    backlog.close();
    await waiting;
    await backlog.waitForCapacity();
    expect(backlog.hasCapacity()).toBe(false);
  });
});
