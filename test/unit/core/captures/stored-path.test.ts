import { describe, expect, test } from 'vitest';
import { fromStoredPath, quotePath, toStoredPath } from '../../../../packages/core/src/captures.ts';

test.each([
  ['a/b', 'tree/a/b'],
  ['.git/HEAD', 'tree/%.git/HEAD'],
  ['%.git', 'tree/%%.git'],
  ['a/%%.GiT/b', 'tree/a/%%%.GiT/b'],
  ['.gitmodules', 'tree/%.gitmodules'],
  ['.gitignore', 'tree/.gitignore'],
  ['%', 'tree/%'],
])('the path %j is stored as %j, and comes back', (path, stored) => {
  expect(toStoredPath(path)).toBe(stored);
  expect(fromStoredPath(stored)).toBe(path);
});

describe('a stored path is refused if it', () => {
  test.each([
    ['stands outside of tree/', 'other/a'],
    ['leads up', 'tree/a/../../b'],
    ['is absolute', 'tree//etc/passwd'],
    ['has the name of its own directory', 'tree/./a'],
    ['ends with a slash', 'tree/a/'],
    ['holds a zero byte', 'tree/a\0b'],
  ])('%s', (_, stored) => {
    expect(fromStoredPath(stored)).toBeNull();
  });
});

test('a quoted path holds only printable ASCII', () => {
  expect(quotePath('a b')).toBe('"a b"');
  expect(quotePath('"\\\n\xff')).toBe('"\\042\\134\\012\\377"');
});
