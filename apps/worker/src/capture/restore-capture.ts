import {
  chmodSync,
  closeSync,
  fchmodSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import {
  CaptureCorruptError,
  fromStoredPath,
  type Git,
  GitError,
  listCommit,
  MANIFEST_PATH,
  type Manifest,
  type ObjectReader,
  openObjects,
  type Pieces,
  parseManifest,
  prepareRepository,
  type StoredEntry,
  type TreePath,
  treeOf,
  writeRef,
} from '@baton/core/captures';
import type { RestoreRequest, RestoreResult } from './capture-types.ts';
import { kindOf, toEntry } from './entry-of-stats.ts';
import { mayNameGitDir, moveGitDir } from './move-gitdirs.ts';
import { ANY_KEY, type KnownEntry, type ScanState, toKnown } from './scan-state.ts';
import { scanTree } from './scan-tree.ts';

/** A restored workspace, and what a scan of it sees. */
export interface RestoreOutcome {
  result: RestoreResult;
  state: ScanState;
}

interface Item {
  kind: 'file' | 'executable' | 'symlink' | 'directory';
  path: TreePath;
  oid: string;
}

const KINDS: Readonly<Record<string, Item['kind']>> = {
  '100644': 'file',
  '100755': 'executable',
  '120000': 'symlink',
  '040000': 'directory',
};

const MAX_LINK_BYTES = 64 * 1024;
const MAX_MANIFEST_BYTES = 256 * 1024 * 1024;

// Files that are younger than this at a scan are read again by the next capture.
const SETTLE_MS = 30;

/**
 * Writes the tree of a commit into a new or empty directory. Follows no symlink: every parent is a
 * directory that this call has made. Rejects with CaptureCorruptError if the capture has a path that
 * leads out of the directory, or two entries with one path, or lacks an object.
 */
export async function restoreCapture(git: Git, request: RestoreRequest): Promise<RestoreOutcome> {
  try {
    return await restore(git, request);
  } catch (error) {
    if (!(error instanceof Error) || !isOfCapture(error)) throw error;
    const isTooLong = !(error instanceof GitError);
    throw new CaptureCorruptError(isTooLong ? 'a path is too long for this host' : error.message);
  }
}

// No host can write a path that is too long, except below a shorter root.
function isOfCapture(error: Error): boolean {
  if (error instanceof GitError) return !error.isOfHost;
  return (error as NodeJS.ErrnoException).code === 'ENAMETOOLONG';
}

async function restore(git: Git, request: RestoreRequest): Promise<RestoreOutcome> {
  const { shadow, commit, target } = request;
  prepareRepository(shadow);
  const stored = await listCommit(git, shadow, commit);
  const manifestEntry = stored.find(({ path }) => path === MANIFEST_PATH);
  if (!manifestEntry) throw new CaptureCorruptError('the capture has no manifest');
  const items = stored.flatMap(toItem);
  const contents = items.filter(({ kind }) => kind !== 'directory');
  const oids = [manifestEntry.oid, ...contents.map(({ oid }) => oid)];
  const reader = openObjects(git, shadow, oids);
  try {
    const text = await readWhole(reader, manifestEntry.oid, MAX_MANIFEST_BYTES);
    const manifest = parseManifest(text.toString());
    const destination = startTarget(target);
    const relinked = await writeItems(destination, items, { reader, manifest, request });
    setDirectoryModes(destination, manifest);
    await pause(SETTLE_MS);
    const state = {
      commit,
      tree: await treeOf(git, shadow, commit),
      key: ANY_KEY,
      ...scanRestored(target, items, manifest, relinked),
      withheld: new Map(),
      manifest: text.toString(),
    };
    writeRef(shadow, commit);
    return { result: countFiles(state.entries), state };
  } finally {
    await reader.close();
  }
}

/** The directory that is written to, and the directories in it that this restore has made. */
interface Target {
  root: string;
  made: Set<TreePath>;
}

function startTarget(root: string): Target {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  if (!lstatSync(root).isDirectory() || readdirSync(root).length > 0) {
    throw new Error(`expected ${root} to be an empty directory`);
  }
  return { root, made: new Set(['']) };
}

function toItem({ mode, oid, path: storedPath }: StoredEntry): Item[] {
  if (storedPath === MANIFEST_PATH || storedPath === 'tree') return [];
  const path = fromStoredPath(storedPath);
  const kind = KINDS[mode];
  if (path === null || kind === undefined) {
    throw new CaptureCorruptError(
      `the capture has an entry that cannot be restored: ${JSON.stringify(storedPath)}`,
    );
  }
  return [{ kind, path, oid }];
}

// Returns the files that were changed because the workspace has another path now.
async function writeItems(
  target: Target,
  items: readonly Item[],
  context: { reader: ObjectReader; manifest: Manifest; request: RestoreRequest },
): Promise<Set<TreePath>> {
  const { reader, manifest, request } = context;
  const relinked = new Set<TreePath>();
  for (const item of items) {
    const { kind, path, oid } = item;
    if (kind === 'directory') {
      makeDirectory(target, path);
      continue;
    }
    const location = locationOf(target, path);
    if (kind === 'symlink') {
      const link = await readWhole(reader, oid, MAX_LINK_BYTES);
      onlyOnce(path, () => symlinkSync(link, location));
      continue;
    }
    const { size, pieces } = await reader.read(oid);
    const mode = manifest.exceptions.get(path) ?? manifest.defaults[kind];
    if (manifest.root !== request.tree && mayNameGitDir(path, size)) {
      const content = await concat(pieces);
      const next = moveGitDir(content, manifest.root, request.tree);
      if (next !== content) relinked.add(path);
      await writeFile(path, location, mode, [next]);
    } else {
      await writeFile(path, location, mode, pieces);
    }
  }
  for (const path of manifest.emptyDirectories) {
    let end = path.indexOf('/');
    for (; end !== -1; end = path.indexOf('/', end + 1)) {
      if (!target.made.has(path.slice(0, end))) makeDirectory(target, path.slice(0, end));
    }
    if (!target.made.has(path)) makeDirectory(target, path);
  }
  return relinked;
}

function makeDirectory(target: Target, path: TreePath): void {
  const location = locationOf(target, path);
  onlyOnce(path, () => mkdirSync(location, { mode: 0o700 }));
  target.made.add(path);
}

async function writeFile(
  path: TreePath,
  location: Buffer,
  mode: number,
  pieces: Pieces,
): Promise<void> {
  const file = onlyOnce(path, () => openSync(location, 'wx', 0o600));
  try {
    if (Array.isArray(pieces)) for (const piece of pieces) writeAll(file, piece);
    else for await (const piece of pieces) writeAll(file, piece);
    fchmodSync(file, mode);
  } finally {
    closeSync(file);
  }
}

function writeAll(file: number, data: Buffer): void {
  for (let at = 0; at < data.length; ) at += writeSync(file, data, at);
}

// The parents come last, because a directory may be read-only.
function setDirectoryModes({ root, made }: Target, manifest: Manifest): void {
  const paths = [...made].filter((path) => path !== '');
  for (const path of paths.sort((a, b) => depthOf(b) - depthOf(a))) {
    const mode = manifest.exceptions.get(path) ?? manifest.defaults.directory;
    chmodSync(toFilePath(root, path), mode);
  }
  chmodSync(root, manifest.rootMode);
}

function locationOf({ root, made }: Target, path: TreePath): Buffer {
  const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')));
  if (!made.has(parent)) {
    throw new CaptureCorruptError(`${JSON.stringify(path)} is in no directory of the capture`);
  }
  return toFilePath(root, path);
}

function toFilePath(root: string, path: TreePath): Buffer {
  return Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path, 'latin1')]);
}

function onlyOnce<T>(path: TreePath, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new CaptureCorruptError(`the capture has two entries named ${JSON.stringify(path)}`);
  }
}

function depthOf(path: TreePath): number {
  return path.split('/').length;
}

// The scan lists no ignored files. So each restored file that it does not list is looked at by itself.
function scanRestored(
  target: string,
  items: readonly Item[],
  manifest: Manifest,
  relinked: ReadonlySet<TreePath>,
): Pick<ScanState, 'entries'> {
  const limits = { maxFiles: Number.MAX_SAFE_INTEGER, maxBytes: Number.MAX_SAFE_INTEGER };
  const scan = scanTree(target, { include: [], ...limits });
  const entries = new Map<TreePath, KnownEntry>();
  const paths = [...items.map(({ path }) => path), ...manifest.emptyDirectories];
  for (const path of paths) {
    const found = scan.entries.get(path) ?? lookAt(target, path);
    const entry = toKnown(found, scan.startedAtMs);
    entries.set(path, relinked.has(path) ? { ...entry, isRacy: true } : entry);
  }
  return { entries };
}

function lookAt(target: string, path: TreePath): KnownEntry {
  const stats = lstatSync(toFilePath(target, path));
  return toEntry(stats, kindOf(stats) ?? 'file');
}

function countFiles(entries: ReadonlyMap<TreePath, KnownEntry>): RestoreResult {
  let files = 0;
  let bytes = 0;
  for (const { kind, size } of entries.values()) {
    if (kind === 'directory') continue;
    files += 1;
    bytes += size;
  }
  return { files, bytes };
}

async function readWhole(reader: ObjectReader, oid: string, maxBytes: number): Promise<Buffer> {
  const { size, pieces } = await reader.read(oid);
  if (size > maxBytes) {
    throw new CaptureCorruptError(`expected at most ${maxBytes} bytes, got ${size}`);
  }
  return concat(pieces);
}

async function concat(pieces: Pieces): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(Buffer.from(piece));
  return Buffer.concat(all);
}
