import { expect, test } from 'vitest';
import { createIgnoredCheck } from '../../../../apps/worker/src/push/ignored-files.ts';

test('a file is ignored if an ignore file on its way names it or a directory above it, and none below takes it back', () => {
  const isIgnored = createIgnoredCheck(
    new Map([
      ['', 'out/\n*.log\n'],
      ['kept', '!*.log\n'],
      ['out', '!*\n'],
    ]),
  );
  expect(['out/a', 'out/deep/a', 'a.log', 'deep/a.log'].map(isIgnored)).toEqual(
    Array(4).fill(true),
  );
  expect(['a', 'kept/a.log', 'kept/deep/a.log', 'deep/outer/a'].map(isIgnored)).toEqual(
    Array(4).fill(false),
  );
});
