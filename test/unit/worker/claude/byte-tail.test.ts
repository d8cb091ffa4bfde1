import { expect, test } from 'vitest';
import { createByteTail } from '../../../../apps/worker/src/claude/byte-tail.ts';

const PIECES: [string[], string][] = [
  [[], ''],
  [['ab'], 'ab'],
  [['ab', 'cd'], 'abcd'],
  [['abc', 'def', 'gh'], 'efgh'],
  [['abcdefgh'], 'efgh'],
  [['a', 'bcdefgh', 'i'], 'fghi'],
];

test.each(PIECES)('a tail of four bytes keeps the end of %j', (pieces, kept) => {
  const tail = createByteTail(4);
  for (const piece of pieces) tail.push(Buffer.from(piece));
  expect(tail.text()).toBe(kept);
});
