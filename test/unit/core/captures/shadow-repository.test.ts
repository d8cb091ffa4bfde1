import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { prepareRepository, writeRef } from '../../../../packages/core/src/captures.ts';
import { makeWorkspace } from '../../worker/capture/workspace-fixture.ts';

const COMMIT = 'a'.repeat(40);

function prepared(): string {
  const shadow = makeWorkspace();
  prepareRepository(shadow);
  writeRef(shadow, COMMIT);
  return join(shadow, 'git');
}

describe('A prepared shadow repository', () => {
  test('stays as it is if nothing in it has changed', () => {
    const repository = prepared();
    const before = lstatSync(join(repository, 'config')).ino;
    prepareRepository(join(repository, '..'));
    expect(lstatSync(join(repository, 'config')).ino).toBe(before);
  });

  test.each<[string, (repository: string) => void]>([
    ['a changed config', (at) => writeFileSync(join(at, 'config'), '[core]\n\tbare = true\n')],
    ['a link in place of the config', (at) => replaceByLink(join(at, 'config'))],
    ['a link in place of the attributes', (at) => replaceByLink(join(at, 'info/attributes'))],
    ['a link in place of a folder', (at) => replaceByLink(join(at, 'info'))],
    ['another HEAD', (at) => writeFileSync(join(at, 'HEAD'), 'ref: refs/heads/other\n')],
    ['hooks', (at) => mkdirSync(join(at, 'hooks'))],
    ['a config of a worktree', (at) => writeFileSync(join(at, 'config.worktree'), '')],
    ['other objects', (at) => mkdirSync(join(at, 'objects/info'))],
    ['grafts', (at) => writeFileSync(join(at, 'info/grafts'), '')],
    ['a ref that replaces objects', (at) => mkdirSync(join(at, 'refs/replace'))],
    ['a second branch', (at) => writeFileSync(join(at, 'refs/heads/other'), `${COMMIT}\n`)],
    ['no attributes', (at) => rmSync(join(at, 'info/attributes'))],
  ])('is put right after an agent gave it %s', (_title, change) => {
    const repository = prepared();
    const text = (name: string) => readFileSync(join(repository, name), 'latin1');
    const names = ['config', 'HEAD', 'info/attributes', 'refs/heads/capture'];
    const before = names.map(text);
    change(repository);
    prepareRepository(join(repository, '..'));
    expect(names.map(text)).toEqual(before);
    expect(lstatSync(join(repository, 'config')).isFile()).toBe(true);
    expect(lstatSync(join(repository, 'info')).isDirectory()).toBe(true);
    expect(lstatSync(join(repository, 'info/attributes')).isFile()).toBe(true);
    for (const name of ['hooks', 'config.worktree', 'objects/info', 'info/grafts']) {
      expect(existsSync(join(repository, name))).toBe(false);
    }
    for (const name of ['refs/replace', 'refs/heads/other']) {
      expect(existsSync(join(repository, name))).toBe(false);
    }
  });
});

/** Puts a link to an equal file or folder at the path of a file or folder. */
function replaceByLink(path: string): void {
  const elsewhere = makeWorkspace({ attributes: '' });
  const target = lstatSync(path).isDirectory() ? elsewhere : join(elsewhere, 'copy');
  if (target !== elsewhere) writeFileSync(target, readFileSync(path));
  rmSync(path, { recursive: true });
  symlinkSync(target, path);
}
