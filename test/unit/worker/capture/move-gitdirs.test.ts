import { expect, test } from 'vitest';
import { mayNameGitDir, moveGitDir } from '../../../../apps/worker/src/capture/move-gitdirs.ts';

test.each([
  [
    'the .git file of a worktree moves',
    'gitdir: /old/r/.git/worktrees/w\n',
    'gitdir: /new/r/.git/worktrees/w\n',
  ],
  ['the gitdir file of a repository moves', '/old/w/.git\n', '/new/w/.git\n'],
  ['a path outside the workspace stays', 'gitdir: /older/r/.git\n', 'gitdir: /older/r/.git\n'],
  ['a relative path stays', 'gitdir: ../old/r\n', 'gitdir: ../old/r\n'],
])('%s', (_, content, expected) => {
  expect(moveGitDir(Buffer.from(content), '/old', '/new').toString()).toBe(expected);
});

test.each([
  ['.git', true],
  ['a/.git', true],
  ['a/.git/worktrees/w/gitdir', true],
  ['a/gitdir', false],
  ['a.git', false],
])('the file %s may name a git directory: %s', (path, expected) => {
  expect(mayNameGitDir(path, 100)).toBe(expected);
  expect(mayNameGitDir(path, 1_000_000)).toBe(false);
});
