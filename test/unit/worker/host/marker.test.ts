import { describe, expect, test } from 'vitest';
import { formatMarker, parseMarker, startTimeOf } from '../../../../apps/worker/src/host/marker.ts';

const MARKER = { workerId: 'host-1', pid: 12, startTime: '345', sessionId: 'a-session', fence: 6 };

describe('the marker of a process', () => {
  test('names the attempt, and can be parsed', () => {
    expect(formatMarker(MARKER)).toBe('host-1 12 345 a-session 6');
    expect(parseMarker(formatMarker(MARKER))).toEqual(MARKER);
  });

  test.each([
    '',
    'host-1',
    'host-1 12 345 a-session',
    'host-1 12 345 a-session 6 more',
    'host-1 pid 345 a-session 6',
    'host-1 12 345 a-session fence',
    'host-1 -1 345 a-session 6',
    ' 12 345 a-session 6',
  ])('is not parsed from %j', (value) => {
    expect(parseMarker(value)).toBeNull();
  });

  test('distinguishes a process from a later process with the same pid by the start time', () => {
    expect(startTimeOf(process.pid)).toMatch(/^\d+$/);
    expect(startTimeOf(process.pid)).toBe(startTimeOf(process.pid));
    expect(startTimeOf(2 ** 30)).toBeNull();
  });
});
