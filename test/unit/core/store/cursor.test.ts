import { describe, expect, test } from 'vitest';
import { decodeCursor, encodeCursor } from '../../../../packages/core/src/store/cursor.ts';
import { eventId } from '../../../../packages/core/src/store/event-store.ts';

describe('a cursor', () => {
  test.each<[string, string]>([
    ['2026-01-02T03:04:05.678Z', 'id'],
    ['', ''],
    ['with "quotes" and é', ','],
  ])('of %j and %j is URL-safe and decodes to the same values', (first, second) => {
    const cursor = encodeCursor([first, second], 'sessions');
    expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(decodeCursor(cursor, 'sessions')).toEqual([first, second]);
  });

  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  test('of an earlier version without a list name stays valid', () => {
    expect(decodeCursor(encode(['a', 'b']), 'sessions')).toEqual(['a', 'b']);
  });

  test.each([
    encodeCursor(['a', 'b'], 'schedules'),
    encode(['a', 'b', 3]),
    '',
    'nonsense',
    '!!!',
    encode('text'),
    encode([]),
    encode(['one']),
    encode([1, 2]),
    encode({ 0: 'a', 1: 'b' }),
    encode(null),
  ])('%j is refused', (cursor) => {
    expect(() => decodeCursor(cursor, 'sessions')).toThrowError(
      expect.objectContaining({ code: 'INVALID_REQUEST', details: { field: 'cursor' } }),
    );
  });
});

describe('the id of an event', () => {
  test("is the session's id and the padded number", () => {
    expect(eventId('abc', 7)).toBe('abc:0000000007');
  });

  test('sorts like its number', () => {
    const numbers = [1, 2, 9, 10, 11, 99, 100, 1000, 999_999, 1_000_000, 9_999_999_999];
    const ids = numbers.map((seq) => eventId('abc', seq));
    expect([...ids].sort()).toEqual(ids);
  });
});
