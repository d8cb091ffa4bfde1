import { expect, test } from 'vitest';
import { findStart } from '../../../../apps/worker/src/repository/resolve-ref.ts';

const [A = '', B = '', C = ''] = ['a', 'b', 'c'].map((letter) => letter.repeat(40));

function listingOf(...lines: [string, string][]): string {
  return lines.map(([value, name]) => `${value}\t${name}\n`).join('');
}

const listing = listingOf(
  ['ref: refs/heads/main', 'HEAD'],
  [A, 'HEAD'],
  [A, 'refs/heads/main'],
  [B, 'refs/heads/both'],
  [C, 'refs/tags/both'],
  [B, 'refs/tags/annotated'],
  [C, 'refs/tags/annotated^{}'],
  [C, 'refs/heads/refs/heads/odd'],
);

test.each([
  ['the default branch', undefined, { commit: A, ref: 'main', kind: 'branch' }],
  ['a branch', 'main', { commit: A, ref: 'main', kind: 'branch' }],
  ['a branch before a tag of the same name', 'both', { commit: B, ref: 'both', kind: 'branch' }],
  ['the commit of an annotated tag', 'annotated', { commit: C, ref: 'annotated', kind: 'tag' }],
  ['a commit by its whole id', B, { commit: B, ref: B, kind: 'commit' }],
  ['nothing for another name', 'odd', null],
  ['nothing for a part of an id', 'bbbbbbb', null],
] as const)('a repository begins from %s', (_what, ref, expected) => {
  expect(findStart(listing, ref)).toEqual(expected);
});

test('an empty repository has no start', () => {
  expect(findStart('', undefined)).toBeNull();
  expect(findStart(listingOf(['ref: refs/heads/main', 'HEAD']), undefined)).toBeNull();
});

test.each(['-x', 'a..b', 'a b', 'x.lock', 'a:b'])(
  'a default branch with the name %s is checked out without a branch',
  (name) => {
    const hostile = listingOf([`ref: refs/heads/${name}`, 'HEAD'], [A, 'HEAD']);
    expect(findStart(hostile, undefined)).toEqual({ commit: A, ref: 'HEAD', kind: 'commit' });
  },
);
