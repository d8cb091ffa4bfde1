import { describe, expect, test } from 'vitest';
import {
  parseSubmodules,
  resolveSubmoduleUrl,
} from '../../../../apps/worker/src/repository/submodules.ts';

const COMMIT = 'a'.repeat(40);
const PARENT = 'https://host/acme/app.git';

describe('the URL of a submodule', () => {
  test.each([
    ['../lib.git', PARENT, 'https://host/acme/lib.git'],
    ['../../other/lib.git', PARENT, 'https://host/other/lib.git'],
    ['./lib', 'https://host/acme/app', 'https://host/acme/app/lib'],
    ['../lib.git', 'git@host:acme/app.git', 'git@host:acme/lib.git'],
    ['../lib.git', 'ssh://git@host:22/acme/app.git/', 'ssh://git@host:22/acme/lib.git'],
    ['https://other/x', PARENT, 'https://other/x'],
    ['ext::sh', PARENT, 'ext::sh'],
  ])('%s below %s is %s', (url, parent, expected) => {
    expect(resolveSubmoduleUrl(url, parent)).toBe(expected);
  });

  test('cannot leave the host upwards', () => {
    expect(() => resolveSubmoduleUrl('../../../x', PARENT)).toThrow(/workspace\.submodules/);
  });
});

describe('the submodules of a commit', () => {
  const listing = (name: string, path: string) =>
    `submodule.${name}.path\n${path}\0submodule.${name}.url\n../lib.git\0`;

  test('are those that .gitmodules describes and that the commit has', () => {
    const text = listing('a.b', 'libs/a') + listing('gone', 'libs/gone');
    expect(parseSubmodules(text, new Map([['libs/a', COMMIT]]), PARENT)).toEqual([
      { name: 'a.b', path: 'libs/a', url: 'https://host/acme/lib.git', commit: COMMIT },
    ]);
  });

  test.each([
    ['a path with ..', 'x', '../x'],
    ['an absolute path', 'x', '/x'],
    ['a path like an option', 'x', '-x'],
    ['a name with ..', '../../x', 'x'],
    ['a name with a quote', 'x"]', 'x'],
  ])('may not have %s', (_what, name, path) => {
    expect(() => parseSubmodules(listing(name, path), new Map([[path, COMMIT]]), PARENT)).toThrow(
      expect.objectContaining({ code: 'REPOSITORY_NOT_ALLOWED' }),
    );
  });
});
