import { expect, test } from 'vitest';
import { mustStoreStart } from '../../../../apps/worker/src/attempt/enter-workspace.ts';
import { captureNothing } from '../../../../packages/core/src/internal.ts';

const repository = { type: 'git' as const, url: 'https://git.example.com/x.git' };
const capture = captureNothing(new Date(0), 1, []);
const fresh = { repository, kept: {}, capture: undefined, hasRun: false };

test.each([
  ['a fresh clone is stored', fresh, true],
  ['a clone whose start is stored is not', { ...fresh, kept: { start: capture } }, false],
  ['a clone that a capture holds is not', { ...fresh, capture }, false],
  ['a clone in which a process ran is not', { ...fresh, hasRun: true }, false],
  [
    'a workspace without a repository is not',
    { kept: {}, capture: undefined, hasRun: false },
    false,
  ],
  [
    'a workspace with uploaded files is stored',
    { kept: {}, capture: undefined, hasRun: false, hasUploads: true },
    true,
  ],
  [
    'a workspace with uploaded files that a capture holds is not',
    { kept: {}, capture, hasRun: false, hasUploads: true },
    false,
  ],
])('%s before the first message', (_what, planned, expected) => {
  expect(mustStoreStart({ hasUploads: false, ...planned })).toBe(expected);
});
