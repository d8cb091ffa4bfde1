import {
  type Dirent,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CaptureCorruptError } from './capture-errors.ts';
import { type Git, GitError, repositoryOf } from './git.ts';
import { makeOwnFolder, readOwnFile } from './own-file.ts';

/** The ref of a shadow repository that names the newest capture. */
export const CAPTURE_REF = 'refs/heads/capture';

const OID = /^[0-9a-f]{40}$/;
const HEAD = `ref: ${CAPTURE_REF}\n`;
const CONFIG = '[core]\n\trepositoryformatversion = 0\n\tbare = true\n';
const ATTRIBUTES = '* -text -eol -ident -filter -working-tree-encoding\n';
const KEPT_BY_GIT = new Set(['objects', 'HEAD', 'config', 'info', 'refs']);

const PACK_FILE = /^pack-[0-9a-f]{40}\.(?:pack|idx|rev)$/;
const TEMPORARY_FILE = /^tmp_/;
const REF_MAX_BYTES = 1024;

const LEFTOVER_MIN_AGE_MS = 3_600_000;

/**
 * Makes the shadow folder and its repository if they are absent, and puts back everything in it that
 * decides what git does: an agent runs as the same user and may have changed it. Only the objects
 * and the capture ref stay.
 */
export function prepareRepository(shadow: string): void {
  const repository = repositoryOf(shadow);
  if (isPrepared(repository)) return;
  mkdirSync(dirname(shadow), { recursive: true });
  makeOwnFolder(shadow);
  makeOwnFolder(repository);
  const ref = readRef(shadow);
  for (const name of readdirSync(repository)) {
    if (!KEPT_BY_GIT.has(name)) rmSync(join(repository, name), { recursive: true, force: true });
  }
  for (const name of ['info', 'refs']) {
    rmSync(join(repository, name), { recursive: true, force: true });
  }
  prepareObjects(join(repository, 'objects'));
  mkdirSync(join(repository, 'info'));
  mkdirSync(join(repository, 'refs/heads'), { recursive: true });
  replaceFile(join(repository, 'HEAD'), HEAD);
  replaceFile(join(repository, 'config'), CONFIG);
  replaceFile(join(repository, 'info/attributes'), ATTRIBUTES);
  if (ref !== null) writeRef(shadow, ref);
}

// All objects are in packs. Git would wait without end for a fifo among them, and read whatever a link names.
function prepareObjects(objects: string): void {
  makeOwnFolder(objects);
  for (const name of readdirSync(objects)) {
    if (name !== 'pack') rmSync(join(objects, name), { recursive: true, force: true });
  }
  const packs = join(objects, 'pack');
  makeOwnFolder(packs);
  for (const entry of readdirSync(packs, { withFileTypes: true })) {
    if (!isKeptPackFile(entry)) rmSync(join(packs, entry.name), { recursive: true, force: true });
  }
}

// Reading the repository takes a tenth of the time that writing it takes.
function isPrepared(repository: string): boolean {
  const at = (name: string) => join(repository, name);
  const lists = (folder: string, names: readonly string[]) => {
    const entries = readdirSync(at(folder));
    return isReal(at(folder)) && entries.every((name) => names.includes(name));
  };
  const holds = (name: string, text: string) => {
    const stat = lstatSync(at(name));
    return stat.isFile() && stat.size === text.length && readFileSync(at(name), 'latin1') === text;
  };
  try {
    return (
      isReal(dirname(repository)) &&
      lists('.', [...KEPT_BY_GIT]) &&
      lists('info', ['attributes']) &&
      lists('refs', ['heads']) &&
      lists('refs/heads', [basename(CAPTURE_REF)]) &&
      lists('objects', ['pack']) &&
      holdsPacksOnly(at('objects/pack')) &&
      holds('HEAD', HEAD) &&
      holds('config', CONFIG) &&
      holds('info/attributes', ATTRIBUTES) &&
      holdsRefOrNothing(at(CAPTURE_REF))
    );
  } catch {
    return false;
  }
}

function holdsPacksOnly(packs: string): boolean {
  return isReal(packs) && readdirSync(packs, { withFileTypes: true }).every(isKeptPackFile);
}

function isKeptPackFile(entry: Dirent): boolean {
  return entry.isFile() && (PACK_FILE.test(entry.name) || TEMPORARY_FILE.test(entry.name));
}

function isReal(folder: string): boolean {
  return lstatSync(folder).isDirectory();
}

function holdsRefOrNothing(file: string): boolean {
  const stat = lstatSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return true;
  return (
    stat.isFile() && stat.size <= REF_MAX_BYTES && OID.test(readFileSync(file, 'latin1').trim())
  );
}

/** Removes the repository with all its objects. */
export function removeRepository(shadow: string): void {
  rmSync(repositoryOf(shadow), { recursive: true, force: true });
}

/** Makes the capture ref name this commit. `git repack` keeps what the ref reaches. */
export function writeRef(shadow: string, commit: string): void {
  replaceFile(join(repositoryOf(shadow), CAPTURE_REF), `${commit}\n`);
}

/** Returns whether the repository holds a commit, its trees and all their files. */
export async function holdsCommit(git: Git, shadow: string, commit: string): Promise<boolean> {
  if (!OID.test(commit) || !existsSync(repositoryOf(shadow))) return false;
  prepareRepository(shadow);
  try {
    await git.run(shadow, ['rev-list', '--objects', '--quiet', `${commit}^{tree}`]);
    return true;
  } catch (error) {
    if (error instanceof GitError && !error.isOfHost) return false;
    throw error;
  }
}

/** Returns the id of a commit's tree. */
export async function treeOf(git: Git, shadow: string, commit: string): Promise<string> {
  const output = await git.run(shadow, ['rev-parse', '--verify', '--quiet', `${commit}^{tree}`]);
  return output.toString('latin1').trim();
}

/** Adds packs to the repository, oldest first. Rejects with CaptureCorruptError if git refuses one. */
export async function addPacks(git: Git, shadow: string, packs: readonly string[]): Promise<void> {
  prepareRepository(shadow);
  for (const pack of packs) {
    try {
      await git.runWithFile(shadow, ['index-pack', '--stdin', '--fix-thin'], pack);
    } catch (error) {
      if (!(error instanceof GitError) || error.isOfHost) throw error;
      throw new CaptureCorruptError(error.message);
    }
  }
}

/**
 * Puts all packs together if there are more than `maxPacks`, and drops what the capture ref does not reach. A
 * failure leaves the packs as they are.
 */
export async function pruneRepository(git: Git, shadow: string, maxPacks: number): Promise<void> {
  const packs = join(repositoryOf(shadow), 'objects/pack');
  removeLeftovers(shadow, /^(?:outgoing|index)-/);
  removeLeftovers(packs, TEMPORARY_FILE);
  if (readNames(packs).filter((name) => name.endsWith('.pack')).length <= maxPacks) return;
  prepareRepository(shadow);
  if (readRef(shadow) === null) return;
  try {
    await git.run(shadow, ['repack', '-a', '-d', '-q']);
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
  }
}

// A worker or a git that was killed left these. Files that are still in use are younger.
function removeLeftovers(folder: string, name: RegExp): void {
  for (const found of readNames(folder)) {
    if (!name.test(found)) continue;
    const file = join(folder, found);
    const stat = lstatSync(file, { throwIfNoEntry: false });
    if (stat && stat.mtimeMs < Date.now() - LEFTOVER_MIN_AGE_MS) {
      rmSync(file, { recursive: true, force: true });
    }
  }
}

function readNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readRef(shadow: string): string | null {
  const text = readOwnFile(join(repositoryOf(shadow), CAPTURE_REF), REF_MAX_BYTES)?.trim() ?? '';
  return OID.test(text) ? text : null;
}

function replaceFile(path: string, text: string): void {
  rmSync(path, { recursive: true, force: true });
  writeFileSync(path, text, { flag: 'wx', mode: 0o600 });
}
