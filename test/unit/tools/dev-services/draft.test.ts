import { expect, test } from 'vitest';
import { draftName, draftsBefore } from '../../../../tools/dev-services/draft.ts';

const mine = { name: 'tool-1', began: 1_800_000_000_000, pid: 50, tag: 'bb' };
const running = (pid: number) => pid !== 99;

test.each([
  ['waits for an earlier install', { began: mine.began - 1 }, true],
  ['waits for an install of the same moment with a smaller pid', { pid: 40 }, true],
  ['ignores a later install', { began: mine.began + 1 }, false],
  ['ignores its own draft', {}, false],
  ['ignores an install with another name', { name: 'tool-2', began: mine.began - 1 }, false],
  ['ignores an install whose process has ended', { began: mine.began - 1, pid: 99 }, false],
  ['ignores an install that began an hour earlier', { began: mine.began - 3_600_000 }, false],
])('an install %s', (_, change, waits) => {
  const other = { ...mine, ...change };
  expect(draftsBefore(mine, ['tool-1', '.broken-x', draftName(other)], running)).toEqual(
    waits ? [other] : [],
  );
});
