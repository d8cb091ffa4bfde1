// Random trees with edits between the captures come back on another host.
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Captured, look, openCaptures, requestOf, restoreOn } from './capture-fixture.ts';
import { makeWorkspace } from './workspace-fixture.ts';

// Few names, so that edits meet: files become directories, and symlinks files.
const NAMES = [
  'a',
  'A',
  'b\nc',
  '-rf',
  'q"\\',
  '\xff\x80',
  Buffer.from('é').toString('latin1'),
  Buffer.from('e\u0301').toString('latin1'),
  '.git',
  '%.git',
  '.gitmodules',
  'objects',
];

const DEEP = Array.from({ length: 60 }, () => 'deep');

const path = fc
  .tuple(
    fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 4 }),
    fc.constantFrom(0, 0, 0, DEEP.length),
  )
  .map(([names, depth]) => [...DEEP.slice(0, depth), ...names]);
const edit = fc.oneof(
  fc.record({
    kind: fc.constant('file' as const),
    path,
    content: fc.uint8Array({ maxLength: 40 }),
    mode: fc.constantFrom(0o644, 0o755, 0o600, 0o664, 0o4711),
  }),
  fc.record({
    kind: fc.constant('link' as const),
    path,
    to: fc.constantFrom('a', '../..', '/etc'),
  }),
  fc.record({ kind: fc.constant('directory' as const), path, mode: fc.constantFrom(0o755, 0o700) }),
  fc.record({ kind: fc.constant('sparse' as const), path, size: fc.constantFrom(0, 1, 70_000) }),
  fc.record({ kind: fc.constant('hard link' as const), path, to: path }),
  fc.record({ kind: fc.constant('removal' as const), path }),
);
type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never;

const steps = fc.array(
  fc.record({
    edits: fc.array(edit, { minLength: 1, maxLength: 8 }),
    how: fc.constantFrom('new' as const, 'merged' as const, 'whole' as const),
    isNewWorker: fc.boolean(),
  }),
  { minLength: 1, maxLength: 4 },
);

function toBytes(root: string, names: readonly string[]): Buffer {
  return Buffer.from([root, ...names].join('/'), 'latin1');
}

function apply(root: string, change: Edit): void {
  const at = toBytes(root, change.path);
  if (change.kind === 'hard link') {
    applyHardLink(root, change, at);
    return;
  }
  if (change.kind !== 'removal') makeParents(root, change.path);
  rmSync(at, { recursive: true, force: true });
  if (change.kind === 'link') symlinkSync(change.to, at);
  if (change.kind === 'directory') mkdirSync(at);
  if (change.kind === 'file') writeFileSync(at, change.content);
  if (change.kind === 'sparse') {
    writeFileSync(at, '');
    truncateSync(at, change.size);
  }
  if ('mode' in change) chmodSync(at, change.mode);
}

// The link is left out if there is no file to link to, or if the file would be lost under the link.
function applyHardLink(
  root: string,
  { path: names, to }: Edit & { to: string[] },
  at: Buffer,
): void {
  const file = toBytes(root, to);
  const isFile = () => existsSync(file) && lstatSync(file).isFile();
  if (!isFile()) return;
  makeParents(root, names);
  if (
    !isFile() ||
    file.equals(at) ||
    file.toString('latin1').startsWith(`${at.toString('latin1')}/`)
  )
    return;
  rmSync(at, { recursive: true, force: true });
  linkSync(file, at);
}

function makeParents(root: string, names: readonly string[]): void {
  for (let depth = 1; depth < names.length; depth += 1) {
    const at = toBytes(root, names.slice(0, depth));
    if (lstatSync(at, { throwIfNoEntry: false })?.isDirectory()) continue;
    rmSync(at, { force: true });
    mkdirSync(at);
  }
}

// What the allow list of a git directory leaves out is no part of the comparison.
function comparable(seen: Record<string, string>): Record<string, string> {
  const all = Object.entries(seen).filter(([at]) => !/(^|\/)\.git\//.test(at));
  return Object.fromEntries(all);
}

test('a random tree with edits between its captures comes back on another host', async () => {
  const root = makeWorkspace();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      run += 1;
      const here = join(root, `here-${run}`);
      const request = requestOf(here);
      mkdirSync(request.tree, { recursive: true });
      let captures = openCaptures();
      let packs: Captured[] = [];
      let base: Captured | undefined;
      for (const { edits, how, isNewWorker } of all) {
        for (const one of edits) apply(request.tree, one);
        if (isNewWorker) {
          await captures.release(request.shadow);
          captures = openCaptures();
          base = packs.at(-1);
        }
        const result = await captures.capture({
          ...request,
          base: base?.commit ?? null,
          previous: packs.at(-1)?.commit ?? null,
          isMerged: how === 'merged',
          isWhole: how === 'whole',
        });
        if (result.kind !== 'captured') continue;
        expect(result.isTorn).toBe(false);
        if (result.isSelfContained) packs = [];
        else if (how === 'merged' && base) packs = packs.slice(0, packs.indexOf(base) + 1);
        packs.push(result);
        if (base && !packs.includes(base)) base = undefined;
      }
      if (packs.length === 0) return;
      const restored = await restoreOn(join(root, `there-${run}`), packs);
      expect(comparable(look(restored))).toEqual(comparable(look(request.tree)));
    }),
    { numRuns: 20 },
  );
});
