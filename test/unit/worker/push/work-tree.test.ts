import type { LeftOutReason } from '@baton/core/captures';
import { describe, expect, test } from 'vitest';
import {
  type FileEntry,
  isInGitDirectory,
  isSameTree,
  mergeWork,
} from '../../../../apps/worker/src/push/work-tree.ts';

const file = (oid: string): FileEntry => ({ mode: '100644', oid });

function merge(
  base: Record<string, FileEntry>,
  captured: Record<string, FileEntry>,
  leftOut: Record<string, LeftOutReason> = {},
) {
  const { entries, differing } = mergeWork({
    base: new Map(Object.entries(base)),
    captured: new Map(Object.entries(captured)),
    leftOut: new Map(Object.entries(leftOut)),
    isIgnored: (path) => path.endsWith('.log'),
  });
  return { entries: Object.fromEntries(entries), differing };
}

describe('the merge of a capture with the base', () => {
  test('takes the captured files, and says which of them differ from the base', () => {
    const script = { mode: '100755', oid: '1' };
    const link = { mode: '120000', oid: '9' };
    expect(
      merge({ a: file('1'), b: file('2'), gone: file('3') }, { a: script, b: file('4'), link }),
    ).toEqual({ entries: { a: script, b: file('4'), link }, differing: ['b'] });
  });

  test('leaves out ignored files unless the base has them', () => {
    const logs = { 'a.log': file('2'), 'b.log': file('3') };
    expect(merge({ 'a.log': file('1') }, logs)).toEqual({
      entries: { 'a.log': file('2') },
      differing: ['a.log'],
    });
  });

  test('keeps what the capture left out, also what lies in a directory that it left out', () => {
    const base = { 'd/a': file('1'), secret: file('2') };
    expect(merge(base, {}, { d: 'special', secret: 'secret' }).entries).toEqual(base);
    expect(merge(base, {}, { 'd/b': 'secret' }).entries).toEqual({});
  });

  test('keeps submodules, and takes none of their files', () => {
    const base = { lib: { mode: '160000', oid: '1' } };
    expect(merge(base, { 'lib/a': file('2'), 'lib/b/c': file('3') }).entries).toEqual(base);
    expect(merge(base, { lib: file('2') }).entries).toEqual(base);
  });

  test('takes no file in a git directory, no symlink named .gitmodules, and nothing below a file', () => {
    const link = { mode: '120000', oid: '1' };
    const hostile = {
      '.git/config': file('1'),
      'a/.GIT/hooks/x': file('1'),
      '.gitmodules': link,
      'b/.gitModules': link,
      x: file('1'),
      'x/y': file('2'),
    };
    expect(merge({}, hostile).entries).toEqual({ x: file('1') });
  });
});

test('a name is one of a git directory in any case of its letters, and only as a whole name', () => {
  expect(isInGitDirectory('a/.Git/b')).toBe(true);
  expect(isInGitDirectory('.gitignore')).toBe(false);
  expect(isInGitDirectory('a.git/b')).toBe(false);
});

test('two trees are the same only if paths, modes and objects are', () => {
  const tree = new Map([['a', file('1')]]);
  expect(isSameTree(tree, new Map([['a', file('1')]]))).toBe(true);
  expect(isSameTree(tree, new Map())).toBe(false);
  expect(isSameTree(tree, new Map([['b', file('1')]]))).toBe(false);
  expect(isSameTree(tree, new Map([['a', { mode: '100755', oid: '1' }]]))).toBe(false);
});
