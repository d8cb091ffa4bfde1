import { expect, test } from 'vitest';
import { createKnownIds } from '../../../../apps/worker/src/transcript/known-ids.ts';

test('ids are known only if they were added', () => {
  const ids = createKnownIds();
  for (let n = 0; n < 1_000; n += 1) ids.add(`msg_${n}`);
  expect(Array.from({ length: 1_000 }, (_, n) => ids.has(`msg_${n}`))).not.toContain(false);
  expect(Array.from({ length: 1_000 }, (_, n) => ids.has(`other_${n}`))).not.toContain(true);
});

test('the oldest ids are forgotten above the limit', () => {
  const ids = createKnownIds(2);
  for (const id of ['a', 'b', 'b', 'c']) ids.add(id);
  expect(['a', 'b', 'c'].filter((id) => ids.has(id))).toEqual(['b', 'c']);
});
