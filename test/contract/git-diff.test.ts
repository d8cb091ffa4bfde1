// What Baton needs of `git diff-tree` to compare captures, in a bare repository without configuration.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';

const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-git-diff-'));
  git(['init', '-q', '--bare', folder]);
  return () => rmSync(folder, { recursive: true, force: true });
});

function git(args: readonly string[], input = '', env: Record<string, string> = {}): string {
  const own = {
    PATH: process.env['PATH'] ?? '',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
  };
  return execFileSync('git', args, { cwd: folder, input, env: { ...own, ...env } }).toString(
    'latin1',
  );
}

const blob = (text: string) => git(['hash-object', '-w', '--stdin'], text).trim();
const tree = (lines: string) => git(['mktree'], lines).trim();

describe('git diff-tree', () => {
  test('leaves out what an excluding pathspec names, at the root and below', () => {
    const [a, inner] = [blob('a\n'), tree(`100644 blob ${blob('x\n')}\tx\n`)];
    const below = tree(`040000 tree ${inner}\t%.git\n100644 blob ${a}\tb\n`);
    const all = tree(`040000 tree ${inner}\t%.git\n100644 blob ${a}\ta\n040000 tree ${below}\td\n`);
    const pathspec = ['.', ':(exclude,glob)**/%.git', ':(exclude,glob)**/%.git/**'];
    const names = git(['diff-tree', '-r', '-z', '--name-only', EMPTY_TREE, all, '--', ...pathspec]);
    expect(names.split('\0').slice(0, -1)).toEqual(['a', 'd/b']);
  });

  test('writes both names of a renamed file, and no counts of lines for a binary file', () => {
    const [text, bytes] = [blob('one\ntwo\nthree\n'), blob('a\0b')];
    const before = tree(`100644 blob ${text}\told\n`);
    const after = tree(`100644 blob ${bytes}\tbin\n100644 blob ${text}\tnew\n`);
    const output = git(['diff-tree', '-r', '-z', '--raw', '--numstat', '-M', before, after]);
    const zeros = '0'.repeat(40);
    expect(output.split('\0').slice(0, -1)).toEqual([
      `:000000 100644 ${zeros} ${bytes} A`,
      'bin',
      `:100644 100644 ${text} ${text} R100`,
      'old',
      'new',
      '-\t-\tbin',
      '0\t0\t',
      'old',
      'new',
    ]);
  });

  test('reads objects of the repository and of a folder that an environment variable names', () => {
    const objects = mkdtempSync(join(tmpdir(), 'baton-git-objects-'));
    onTestFinished(() => rmSync(objects, { recursive: true, force: true }));
    const env = {
      GIT_DIR: folder,
      GIT_OBJECT_DIRECTORY: objects,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: join(folder, 'objects'),
    };
    const made = git(['mktree', '--missing'], `100644 blob ${blob('here\n')}\t0000\n`, env).trim();
    expect(git(['diff-tree', '-p', EMPTY_TREE, made], '', env)).toContain('+here\n');
    expect(() => git(['cat-file', '-e', made])).toThrow();
  });
});
