import { expect, test } from 'vitest';
import { draftName, draftsBefore } from '../../../../tools/dev-services/draft.ts';

const mine = { name: 'tool-1', began: 1_800_000_000_000, pid: 50, tag: 'bb' };
const running = (pid: number) => pid !== 99;

test.each([
  ['one that began earlier', { began: mine.began - 1 }, true],
  ['one of the same moment and a smaller id', { pid: 40 }, true],
  ['one that began later', { began: mine.began + 1 }, false],
  ['mine', {}, false],
  ['one of another thing', { name: 'tool-2', began: mine.began - 1 }, false],
  ['one whose process has gone', { began: mine.began - 1, pid: 99 }, false],
  ['one that has been at it for an hour', { began: mine.began - 3_600_000 }, false],
])('an install waits only for an earlier one that lives: %s', (_, change, waits) => {
  const other = { ...mine, ...change };
  expect(draftsBefore(mine, ['tool-1', '.broken-x', draftName(other)], running)).toEqual(
    waits ? [other] : [],
  );
});
