import { expect, test } from 'vitest';
import { firstWaits, recoveries, spreadOf } from '../../../../tools/chaos/waits.ts';
import { at, goodSession, ID, makeEvidence } from './evidence.ts';

test('a recovery lasts from the last event of an attempt to the next claim', () => {
  expect(recoveries(makeEvidence())).toEqual([17_000]);
});

test('the first wait lasts from the creation of a session to its first claim', () => {
  const sessions = new Map([[ID, goodSession({ created_at: new Date(at(0).getTime() - 500) })]]);
  expect(firstWaits(makeEvidence({ sessions }))).toEqual([500]);
});

test('a spread has a median, a p95 and a maximum', () => {
  const numbers = Array.from({ length: 101 }, (_, index) => 100 - index);
  expect(spreadOf(numbers)).toEqual({ median: 50, p95: 95, max: 100 });
  expect(spreadOf([])).toEqual({ median: 0, p95: 0, max: 0 });
});
