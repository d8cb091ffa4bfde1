import { isInsideRoots } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';

describe('isInsideRoots', () => {
  test.each([
    ['/srv/work', ['/srv/work'], true],
    ['/srv/work/', ['/srv/work'], true],
    ['/srv/work/a/b', ['/srv/work'], true],
    ['/srv/work/a', ['/srv/work/'], true],
    ['/srv/work/../work/a', ['/srv/work'], true],
    ['/srv/work//./a', ['/srv/work'], true],
    ['/other/a', ['/srv/work', '/other'], true],
    ['/anything', ['/'], true],
    ['/srv', ['/srv/work'], false],
    ['/srv/workshop', ['/srv/work'], false],
    ['/srv/work/..', ['/srv/work'], false],
    ['/srv/work/../secret', ['/srv/work'], false],
    ['/srv/work/a/../../secret', ['/srv/work'], false],
    ['/', ['/srv/work'], false],
    ['srv/work', ['/srv/work'], false],
    ['', ['/'], false],
    ['/srv/work', [], false],
  ])('for %s and the roots %j returns %s', (path, roots, inside) => {
    expect(isInsideRoots(path, roots)).toBe(inside);
  });
});
