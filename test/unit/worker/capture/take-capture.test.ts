// Captures of files that change meanwhile: each scan of the workspace changes a file first.

import { appendFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scanTree } from '../../../../apps/worker/src/capture/scan-tree.ts';
import {
  createSecretSearch,
  type SecretSearch,
} from '../../../../apps/worker/src/capture/secret-search.ts';
import { takeCapture } from '../../../../apps/worker/src/capture/take-capture.ts';
import { createGit } from '../../../../packages/core/src/captures.ts';
import { type Captured, look, PATH, requestOf, restoreOn } from './capture-fixture.ts';
import { makeWorkspace, writeFiles } from './workspace-fixture.ts';

/** Captures a workspace with two files. `change` runs after each scan, or before each scan. */
async function captureWhile(
  change: (tree: string, scans: number) => void,
  {
    secretSearch = createSecretSearch([]),
    isBefore = false,
  }: { secretSearch?: SecretSearch; isBefore?: boolean } = {},
) {
  const root = makeWorkspace({ 'here/w/a': '1', 'here/w/d/b': '2' });
  const request = requestOf(join(root, 'here'));
  let scans = 0;
  const { result } = await takeCapture(request, {
    git: createGit({ path: PATH, timeoutMs: 60_000 }),
    secretSearch,
    state: null,
    key: 'key',
    holds: async () => false,
    scan() {
      scans += 1;
      if (isBefore) change(request.tree, scans);
      const scan = scanTree(request.tree, { include: [], maxFiles: 1000, maxBytes: 1e9 });
      if (!isBefore) change(request.tree, scans);
      return scan;
    },
  });
  return { captured: result as Captured, root, tree: request.tree };
}

describe('a capture holds the last of what was there, if', () => {
  test.each<[string, (tree: string) => void]>([
    ['a file grows', (tree) => appendFileSync(join(tree, 'a'), 'more')],
    ['a file is removed', (tree) => rmSync(join(tree, 'a'))],
    ['a file is new', (tree) => writeFiles(tree, { 'n/e/w': '3' })],
    [
      'a file becomes a directory',
      (tree) => {
        rmSync(join(tree, 'a'));
        writeFiles(tree, { 'a/in': '3' });
      },
    ],
    [
      'a directory becomes a symlink out of the workspace',
      (tree) => {
        renameSync(join(tree, 'd'), join(tree, '../elsewhere'));
        symlinkSync('../elsewhere', join(tree, 'd'));
      },
    ],
  ])('%s after the first scan', async (_, change) => {
    const { captured, root, tree } = await captureWhile((at, scans) => {
      if (scans === 1) change(at);
    });
    expect(captured.isTorn).toBe(false);
    expect(look(await restoreOn(join(root, 'there'), [captured]))).toEqual(look(tree));
  });
});

test('a capture is torn if a file changes before every scan', async () => {
  const append = (tree: string, scans: number) => appendFileSync(join(tree, 'a'), String(scans));
  const { captured, root } = await captureWhile(append, { isBefore: true });
  expect(captured).toMatchObject({ isTorn: true, isBehind: false });
  const restored = look(await restoreOn(join(root, 'there'), [captured]));
  expect(restored['/d/b']).toMatch(/2$/);
});

test('a capture of files that take long to read lets other captures run in between', async () => {
  let turn = 0;
  let next = setImmediate(function count() {
    turn += 1;
    next = setImmediate(count);
  });
  const turns: number[] = [];
  const slow: SecretSearch = {
    ...createSecretSearch([]),
    start() {
      const startedAt = performance.now();
      while (performance.now() - startedAt < 60);
      turns.push(turn);
      return { holdsNext: () => false };
    },
  };
  await captureWhile(() => {}, { secretSearch: slow });
  clearImmediate(next);
  expect(turns.length).toBeGreaterThan(1);
  expect(new Set(turns).size).toBe(turns.length);
});
