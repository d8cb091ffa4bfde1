import { expect, test } from 'vitest';
import { cutPieces, parseRange } from '../../../../apps/api/src/http/byte-range.ts';

test.each([
  [undefined, { kind: 'whole' }],
  ['bytes=0-0', { kind: 'part', start: 0, end: 1 }],
  ['bytes=3-', { kind: 'part', start: 3, end: 10 }],
  ['bytes=-3', { kind: 'part', start: 7, end: 10 }],
  ['bytes=-30', { kind: 'part', start: 0, end: 10 }],
  ['bytes=9-30', { kind: 'part', start: 9, end: 10 }],
  ['bytes=10-', { kind: 'beyond' }],
  ['bytes=-0', { kind: 'beyond' }],
  ['bytes=5-3', { kind: 'whole' }],
  ['bytes=-', { kind: 'whole' }],
  ['bytes=1-2,4-5', { kind: 'whole' }],
  ['bytes=a-b', { kind: 'whole' }],
  ['items=1-2', { kind: 'whole' }],
])('the range %s of ten bytes is %j', (header, expected) => {
  expect(parseRange(header, 10)).toEqual(expected);
});

test('every range of an empty file lies beyond it, except none', () => {
  expect(parseRange('bytes=0-', 0)).toEqual({ kind: 'beyond' });
  expect(parseRange(undefined, 0)).toEqual({ kind: 'whole' });
});

test('a part is cut from pieces of any size, and nothing after it is read', async () => {
  let read = 0;
  function* pieces() {
    for (const text of ['abc', '', 'defg', 'hij', 'never']) {
      read += 1;
      yield Buffer.from(text);
    }
  }
  const parts: Buffer[] = [];
  for await (const part of cutPieces(pieces(), 2, 9)) parts.push(part);
  expect(Buffer.concat(parts).toString()).toBe('cdefghi');
  expect(read).toBe(4);
});
