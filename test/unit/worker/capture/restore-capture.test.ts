// Captures that Baton would not make: their trees are written by hand.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CaptureCorruptError, formatManifest } from '../../../../packages/core/src/captures.ts';
import { openCaptures, requestOf } from './capture-fixture.ts';
import { git, makeWorkspace } from './workspace-fixture.ts';

const MANIFEST = formatManifest({
  root: '/w',
  rootMode: 0o755,
  defaults: { file: 0o644, executable: 0o755, directory: 0o755 },
  exceptions: new Map(),
  emptyDirectories: [],
  leftOut: new Map(),
});

/** Writes a commit into the shadow repository of a host. `entries` are the lines of `tree/`. */
function commitOf(host: string, entries: (make: Make) => string[], manifest = MANIFEST): string {
  const repository = join(requestOf(host).shadow, 'git');
  git(host, ['init', '-q', '--bare', repository]);
  const run = (args: string[], input: string) => git(repository, args, input).toString().trim();
  const make: Make = {
    blob: (content) => run(['hash-object', '-w', '--stdin'], content),
    tree: (lines) => run(['mktree', '--missing'], lines.map((line) => `${line}\n`).join('')),
  };
  const top = make.tree([
    `040000 tree ${make.tree(entries(make))}\ttree`,
    `100644 blob ${make.blob(manifest)}\tmanifest.json`,
  ]);
  const commit = run(['commit-tree', top], '');
  // Baton keeps packs only.
  const all = run(['cat-file', '--batch-all-objects', '--batch-check=%(objectname)'], '');
  run(['pack-objects', '-q', join(repository, 'objects/pack/pack')], `${all}\n`);
  return commit;
}

interface Make {
  blob(content: string): string;
  tree(lines: readonly string[]): string;
}

describe('a restore refuses a capture with', () => {
  test.each<[string, (make: Make) => string[]]>([
    [
      'a directory named ..',
      ({ blob, tree }) => [`040000 tree ${tree([`100644 blob ${blob('x')}\tout`])}\t..`],
    ],
    ['a file named ..', ({ blob }) => [`100644 blob ${blob('x')}\t..`]],
    ['a directory named .', ({ tree }) => [`040000 tree ${tree([])}\t.`]],
    [
      'a file behind a symlink',
      ({ blob, tree }) => [
        `120000 blob ${blob('../..')}\ta`,
        `040000 tree ${tree([`100644 blob ${blob('x')}\tout`])}\ta`,
      ],
    ],
    ['a link to a commit', () => [`160000 commit ${'1'.repeat(40)}\tmodule`]],
    ['a file that is missing', () => [`100644 blob ${'1'.repeat(40)}\tabsent`]],
    [
      'a path that is too long for this host',
      ({ blob, tree }) => {
        const name = 'a'.repeat(250);
        let lines = [`100644 blob ${blob('x')}\t${name}`];
        for (let depth = 0; depth < 17; depth += 1) lines = [`040000 tree ${tree(lines)}\t${name}`];
        return lines;
      },
    ],
  ])('%s', async (_, entries) => {
    const host = makeWorkspace();
    const commit = commitOf(host, entries);
    const { shadow, tree } = requestOf(host);
    const restored = openCaptures().restore({ shadow, commit, target: tree, tree });
    await expect(restored).rejects.toThrow(CaptureCorruptError);
    expect(existsSync(join(host, 'out'))).toBe(false);
  });

  test.each([
    ['no valid manifest', 'x'],
    [
      'an empty directory behind a symlink',
      MANIFEST.replace('"empty_directories":[]', '"empty_directories":["a/b"]'),
    ],
    [
      'an empty directory elsewhere',
      MANIFEST.replace('"empty_directories":[]', '"empty_directories":["../b"]'),
    ],
  ])('%s', async (_, manifest) => {
    const host = makeWorkspace();
    const commit = commitOf(host, ({ blob }) => [`120000 blob ${blob('..')}\ta`], manifest);
    const { shadow, tree } = requestOf(host);
    const restored = openCaptures().restore({ shadow, commit, target: tree, tree });
    await expect(restored).rejects.toThrow(CaptureCorruptError);
    expect(existsSync(join(host, 'b'))).toBe(false);
  });
});

test('a commit that is absent has no restore', async () => {
  const host = makeWorkspace();
  const { shadow, tree } = requestOf(host);
  const captures = openCaptures();
  const commit = '1'.repeat(40);
  expect(await captures.has(shadow, commit)).toBe(false);
  const restored = captures.restore({ shadow, commit, target: tree, tree });
  await expect(restored).rejects.toThrow(CaptureCorruptError);
});
