import { describe, expect, test } from 'vitest';
import { followPacks } from '../../../../apps/worker/src/attempt/capture-packs.ts';
import { captureNothing } from '../../../../packages/core/src/internal.ts';

const SESSION = '01890000-0000-7000-8000-000000000001';
const EMPTY = captureNothing(new Date(0), 1, []);

function pack(id: string) {
  return { session_id: SESSION, id, bytes: 1 };
}

function commit(letter: string): string {
  return letter.repeat(40);
}

function captureWith(count: number, firstBytes = 1) {
  const later = Array.from({ length: count - 1 }, (_, index) => pack(`old-${index + 1}`));
  const packs = [{ ...pack('old-0'), bytes: firstBytes }, ...later];
  return { ...EMPTY, commit: commit('a'), packs };
}

describe('the packs of an attempt', () => {
  test('begin with nothing in a new conversation', () => {
    const packs = followPacks(EMPTY);
    expect(packs.next(false)).toEqual({
      base: null,
      previous: null,
      isMerged: false,
      isWhole: false,
      isForced: false,
    });
    expect(packs.add(commit('b'), pack('1'), false)).toEqual([pack('1')]);
  });

  test('of the start of a session stay for good, and later ones build on them', () => {
    const packs = followPacks(undefined);
    packs.next(false);
    expect(packs.add(commit('b'), pack('start'), true)).toEqual([pack('start')]);
    packs.keep();
    expect(packs.next(false)).toMatchObject({ base: commit('b'), isMerged: false });
    packs.add(commit('c'), pack('1'), false);
    packs.next(false);
    packs.add(commit('d'), pack('2'), false);
    expect(packs.next(true)).toMatchObject({ base: commit('b'), isMerged: true });
    expect(packs.add(commit('e'), pack('3'), false)).toEqual([pack('start'), pack('3')]);
    expect(packs.unneeded()).toEqual(['1', '2']);
    // Even a capture that stores everything anew leaves the start.
    expect(packs.add(commit('f'), pack('whole'), true)).toEqual([pack('whole')]);
    expect(packs.unneeded()).not.toContain('start');
  });

  test('follow those of the capture that the attempt began with', () => {
    const packs = followPacks(captureWith(1));
    expect(packs.next(false)).toMatchObject({ base: commit('a'), previous: commit('a') });
    expect(packs.add(commit('b'), pack('1'), false)).toEqual([pack('old-0'), pack('1')]);
    expect(packs.next(false)).toMatchObject({ base: commit('a'), previous: commit('b') });
    expect(packs.add(commit('c'), pack('2'), false)).toEqual([pack('old-0'), pack('1'), pack('2')]);
    expect(packs.unneeded()).toEqual([]);
  });

  test('become one at the end of the attempt', () => {
    const packs = followPacks(captureWith(1));
    for (const id of ['1', '2']) {
      packs.next(false);
      packs.add(commit(id), pack(id), false);
    }
    expect(packs.next(true)).toMatchObject({
      base: commit('a'),
      previous: commit('2'),
      isMerged: true,
      isForced: true,
    });
    expect(packs.add(commit('3'), pack('3'), false)).toEqual([pack('old-0'), pack('3')]);
    expect(packs.unneeded()).toEqual(['1', '2']);
  });

  test('become one during the attempt when there are eight', () => {
    const packs = followPacks(EMPTY);
    for (let id = 0; id < 8; id += 1) {
      expect(packs.next(false).isMerged).toBe(false);
      packs.add(commit(String(id)), pack(String(id)), false);
    }
    expect(packs.next(false).isMerged).toBe(true);
    expect(packs.add(commit('9'), pack('9'), false)).toEqual([pack('9')]);
  });

  test('are stored as one new pack once the conversation has fifty', () => {
    expect(followPacks(captureWith(49)).next(true).isWhole).toBe(false);
    expect(followPacks(captureWith(50)).next(false).isWhole).toBe(false);
    const packs = followPacks(captureWith(50));
    expect(packs.next(true).isWhole).toBe(true);
    expect(packs.add(commit('b'), pack('1'), true)).toEqual([pack('1')]);
  });

  test('stay as they are while the first one is larger than the others together', () => {
    expect(followPacks(captureWith(50, 49)).next(true).isWhole).toBe(true);
    expect(followPacks(captureWith(50, 50)).next(true).isWhole).toBe(false);
    expect(followPacks(captureWith(199, 500)).next(true).isWhole).toBe(false);
    expect(followPacks(captureWith(200, 500)).next(true).isWhole).toBe(true);
  });

  test('leave out the earlier packs if a capture stands alone', () => {
    const packs = followPacks(captureWith(2));
    packs.next(false);
    expect(packs.add(commit('b'), pack('1'), true)).toEqual([pack('1')]);
    expect(packs.next(false)).toMatchObject({ base: null, previous: commit('b') });
    expect(packs.add(commit('c'), pack('2'), false)).toEqual([pack('1'), pack('2')]);
  });
});
