// Applies git's attributes (line ends, ident, encodings) to files whose bytes differ from the base's objects.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { quotePath, type TreePath } from '@baton/core/captures';
import { type LocalGit, LocalGitError } from './local-git.ts';
import type { FileEntry } from './work-tree.ts';

type Entries = ReadonlyMap<TreePath, FileEntry>;

/** The files to convert. */
export interface Conversion {
  base: Entries;
  /** The whole new tree, with the captured bytes. */
  entries: Entries;
  /** The files whose bytes differ from the base's objects, or that are new. */
  differing: readonly TreePath[];
  /** An empty folder for what is written meanwhile. */
  folder: string;
}

const CONVERTING = ['text', 'eol', 'crlf', 'ident', 'working-tree-encoding'];
const AS_IT_IS = '* -text -eol -crlf -ident -filter -working-tree-encoding\n';
const TRIPLE = 3;

/**
 * Returns the objects to store in place of the captured bytes. A file that is as a checkout of the base writes it keeps
 * the base's object. A changed file is stored as `git add` would store it, also if it was checked out with other line
 * ends. A file that git cannot convert is stored as it is, and so is not in the answer.
 */
export async function convertFiles(
  git: LocalGit,
  { base, entries, differing, folder }: Conversion,
): Promise<Map<TreePath, string>> {
  const paths = differing.filter((path) => isFile(entries.get(path)));
  if (paths.length === 0) return new Map();
  const [baseIndex, index] = [join(folder, 'base.index'), join(folder, 'new.index')];
  await writeIndex(git, baseIndex, base);
  await writeIndex(git, index, entries);
  const affected = new Set([
    ...(await findAffected(git, baseIndex, paths)),
    ...(await findAffected(git, index, paths)),
  ]);
  if (affected.size === 0) return new Map();
  const inBase = [...affected].filter((path) => isFile(base.get(path)));
  const converted = new Map<TreePath, string>();
  for (const [path, oid] of await checkoutHashes(git, baseIndex, inBase, join(folder, 'base'))) {
    if (oid === entries.get(path)?.oid) converted.set(path, (base.get(path) as FileEntry).oid);
  }
  const changed = [...affected].filter((path) => !converted.has(path));
  // With text=auto, git looks at the object that is in the index so far.
  const before = new Map(entries);
  for (const path of changed) {
    const { oid } = base.get(path) ?? {};
    if (oid !== undefined && isFile(base.get(path))) before.set(path, { mode: '100644', oid });
  }
  const work = join(folder, 'work');
  await writeOut(git, index, changed, work);
  await writeIndex(git, index, before);
  const added = new Set(await addAll(git, index, changed, work));
  for (const [path, oid] of await readIndex(git, index))
    if (added.has(path)) converted.set(path, oid);
  return converted;
}

/** Writes an index with these entries. */
export async function writeIndex(git: LocalGit, index: string, entries: Entries): Promise<void> {
  await rm(index, { force: true });
  const lines = [...entries].map(([path, { mode, oid }]) => `${mode} ${oid}\t${path}\0`);
  const input = Buffer.from(lines.join(''), 'latin1');
  await git.run(['update-index', '-z', '--index-info'], { index, input });
}

function isFile(entry: FileEntry | undefined): boolean {
  return entry?.mode.startsWith('100') === true;
}

/** Returns the paths for which an attribute makes git convert the bytes. */
async function findAffected(
  git: LocalGit,
  index: string,
  paths: readonly TreePath[],
): Promise<TreePath[]> {
  const args = ['check-attr', '-z', '--stdin', '--cached', ...CONVERTING];
  const answer = await git.run(args, { index, input: nulEnded(paths) });
  const fields = answer.toString('latin1').split('\0');
  const affected: TreePath[] = [];
  for (let at = 0; at + TRIPLE <= fields.length; at += TRIPLE) {
    const [path = '', , value = ''] = fields.slice(at, at + TRIPLE);
    if (value !== 'unspecified' && value !== 'unset') affected.push(path);
  }
  return affected;
}

/** Checks files out of an index, as a clone would, and returns the ids of what was written. */
async function checkoutHashes(
  git: LocalGit,
  index: string,
  paths: readonly TreePath[],
  target: string,
): Promise<[TreePath, string][]> {
  if (paths.length === 0) return [];
  await checkout(git, index, paths, target);
  const input = Buffer.from(paths.map((path) => `${quotePath(path)}\n`).join(''), 'latin1');
  const answer = await git.run(['hash-object', '--no-filters', '--stdin-paths'], {
    input,
    workTree: target,
  });
  const oids = answer.toString('latin1').trim().split('\n');
  return paths.map((path, at) => [path, oids[at] ?? '']);
}

/** Writes files out byte for byte. */
async function writeOut(
  git: LocalGit,
  index: string,
  paths: readonly TreePath[],
  target: string,
): Promise<void> {
  const attributes = join(git.dir, 'info/attributes');
  await mkdir(join(git.dir, 'info'), { recursive: true });
  await writeFile(attributes, AS_IT_IS);
  try {
    await checkout(git, index, paths, target);
  } finally {
    await rm(attributes);
  }
}

// The working tree is empty, so that git takes the attributes from the index.
async function checkout(
  git: LocalGit,
  index: string,
  paths: readonly TreePath[],
  target: string,
): Promise<void> {
  await mkdir(target);
  const args = ['checkout-index', '-z', '--stdin', `--prefix=${target}/`];
  await git.run(args, { index, input: nulEnded(paths), workTree: target });
}

/** Adds files of a working tree to an index, converted. Returns those that git could convert. */
async function addAll(
  git: LocalGit,
  index: string,
  paths: readonly TreePath[],
  workTree: string,
): Promise<TreePath[]> {
  if (paths.length === 0) return [];
  const args = ['update-index', '--add', '-z', '--stdin'];
  try {
    await git.run(args, { index, input: nulEnded(paths), workTree });
    return [...paths];
  } catch (error) {
    if (!(error instanceof LocalGitError) || error.isOfHost) throw error;
    if (paths.length === 1) return [];
  }
  // One file has bytes that its encoding does not allow. Halves find it with few processes.
  const middle = Math.ceil(paths.length / 2);
  return [
    ...(await addAll(git, index, paths.slice(0, middle), workTree)),
    ...(await addAll(git, index, paths.slice(middle), workTree)),
  ];
}

async function readIndex(git: LocalGit, index: string): Promise<[TreePath, string][]> {
  const answer = await git.run(['ls-files', '-s', '-z'], { index });
  return answer
    .toString('latin1')
    .split('\0')
    .slice(0, -1)
    .map((line) => [line.slice(line.indexOf('\t') + 1), line.split(' ')[1] ?? '']);
}

function nulEnded(paths: readonly TreePath[]): Buffer {
  return Buffer.from(paths.map((path) => `${path}\0`).join(''), 'latin1');
}
