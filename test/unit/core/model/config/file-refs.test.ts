import { newId, sessionConfigSchema } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import { fileUsesOf } from '../../../../../packages/core/src/model/config/file-refs.ts';

const file_id = newId();

function problemOf(...paths: string[]): string | null {
  const files = paths.map((path) => ({ file_id, path }));
  const [issue] = sessionConfigSchema.safeParse({ query: 'hi', files }).error?.issues ?? [];
  return issue ? issue.path.join('.') : null;
}

describe('the path of an uploaded file', () => {
  test.each([
    'data.csv',
    'a/b/c',
    '.gitignore',
    '.github/workflows/x.yml',
    'git/x',
    '.claude/settings.json',
    'ümläut/日本',
    '...',
    '-rf',
    'a.zip/../b'.replace('/../', '/..b/'),
  ])('may be %s', (path) => {
    expect(problemOf(path)).toBeNull();
  });

  test.each([
    ['empty', ''],
    ['absolute', '/etc/passwd'],
    ['its parent', '../x'],
    ['a parent in the middle', 'a/../../x'],
    ['this folder', './x'],
    ['an empty name', 'a//b'],
    ['a folder', 'a/'],
    ['a backslash', 'a\\..\\x'],
    ['NUL', 'a\0b'],
    ['a line break', 'a\nb'],
    ['half a character', 'a\ud800'],
    ['a long name', 'x'.repeat(256)],
    ['a long path', 'x/'.repeat(600).slice(0, -1)],
    ['.git', '.git/config'],
    ['.git below', 'sub/.git/hooks/pre-commit'],
    ['.GIT', '.GIT/config'],
    ['a dot after .git', '.git./config'],
    ['a space after .git', '.git /config'],
    ['a stream of .git', '.git::$INDEX_ALLOCATION/config'],
    ['the short name of .git', 'GIT~1/config'],
    ['.git with what HFS+ ignores', '.g\u200cit/config'],
    ['a file with the name .git', 'sub/.git'],
  ])('may not be or hold: %s', (_name, path) => {
    expect(problemOf(path)).toBe('files.0.path');
  });

  test('is there only once, and is no folder of another one', () => {
    expect(problemOf('a', 'b', 'a')).toBe('files.2.path');
    expect(problemOf('a/b', 'a')).toBe('files.0.path');
    expect(problemOf('a', 'a/b/c')).toBe('files.1.path');
    expect(problemOf('a', 'ab', 'a.b/c')).toBeNull();
  });
});

test('A session gets at most 100 files', () => {
  const paths = Array.from({ length: 101 }, (_, n) => `f${n}`);
  expect(problemOf(...paths)).toBe('files');
  expect(problemOf(...paths.slice(1))).toBeNull();
});

test('The uses of files name the field of each id', () => {
  const files = [{ file_id, path: 'a' }];
  expect(fileUsesOf({ files })).toEqual([{ id: file_id, field: 'files.0.file_id' }]);
  expect(fileUsesOf({ files: null })).toEqual([]);
  expect(fileUsesOf({})).toEqual([]);
});
