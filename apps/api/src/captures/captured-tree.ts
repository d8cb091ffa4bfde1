// Lists the entries of a capture: what git holds, and the empty directories and modes of the manifest.
import {
  CaptureCorruptError,
  fromStoredPath,
  MANIFEST_PATH,
  type Manifest,
  parseManifest,
  type TreePath,
  toStoredPath,
} from '@baton/core/captures';
import type { CaptureLease } from './capture-cache.ts';

/** One entry of a capture. */
export interface CapturedEntry {
  type: 'file' | 'symlink' | 'directory';
  path: TreePath;
  /** Orders the entries: the path in the capture, with `/` at the end of a directory (latin1). */
  key: string;
  /** The permission bits. Absent for a symlink. */
  mode?: number;
  /** In bytes. 0 for a directory. */
  size: number;
  /** The object with the content. Absent for a directory. */
  oid?: string;
}

type Repository = Pick<CaptureLease, 'git' | 'shadow'>;

const LINE = /^([0-7]{6}) (?:blob|tree) ([0-9a-f]{40}) +(\d+|-)\t([\s\S]+)$/;
const ROOT = 'tree';

/** Reads the manifest of a capture. */
export async function readManifest({ git, shadow }: Repository, commit: string): Promise<Manifest> {
  const text = await git.run(shadow, ['cat-file', 'blob', `${commit}:${MANIFEST_PATH}`]);
  return parseManifest(text.toString());
}

/**
 * Yields the entries of a capture in batches, ordered by their keys, directories before what they hold. Throws
 * CaptureCorruptError if the capture has an entry that is not valid.
 */
export async function* listTree(
  { git, shadow }: Repository,
  commit: string,
  manifest: Manifest,
): AsyncGenerator<CapturedEntry[]> {
  const extra = emptyDirectories(manifest);
  const child = git.start(shadow, ['ls-tree', '-r', '-t', '-l', '-z', '--full-tree', commit]);
  child.end();
  let rest = '';
  try {
    for await (const chunk of child.output) {
      const lines = (rest + chunk.toString('latin1')).split('\0');
      rest = lines.pop() ?? '';
      const batch = lines.flatMap((line) => {
        const entry = parseLine(line, manifest);
        return entry === null ? [] : [...takeBefore(extra, entry.key), entry];
      });
      if (batch.length > 0) yield batch;
    }
    await child.ended;
    if (extra.length > 0) yield extra;
  } finally {
    child.kill();
    await child.ended.catch(() => {});
  }
}

/** Returns whether a path lies in a git directory, or is one. */
export function isInGit(path: TreePath): boolean {
  return path.split('/').includes('.git');
}

/** Returns whether a path is `top` or lies below it. Everything lies below ''. */
export function isBelow(path: TreePath, top: TreePath): boolean {
  return top === '' || path === top || path.startsWith(`${top}/`);
}

function parseLine(line: string, manifest: Manifest): CapturedEntry | null {
  const [, gitMode, oid, size, stored] = LINE.exec(line) ?? [];
  if (gitMode === undefined || oid === undefined || stored === undefined) throw notValid(line);
  if (stored === MANIFEST_PATH || stored === ROOT) return null;
  const path = fromStoredPath(stored);
  if (path === null) throw notValid(stored);
  if (gitMode === '040000') return directory(path, stored, manifest);
  const found = { path, key: stored, oid, size: Number(size) };
  if (gitMode === '120000') return { type: 'symlink', ...found };
  const { file, executable } = manifest.defaults;
  const usual = gitMode === '100755' ? executable : file;
  return { type: 'file', ...found, mode: manifest.exceptions.get(path) ?? usual };
}

function directory(path: TreePath, stored: string, manifest: Manifest): CapturedEntry {
  const mode = manifest.exceptions.get(path) ?? manifest.defaults.directory;
  return { type: 'directory', path, key: `${stored}/`, mode, size: 0 };
}

// git holds neither an empty directory nor a directory that has only such.
function emptyDirectories(manifest: Manifest): CapturedEntry[] {
  const paths = new Set<TreePath>();
  for (const path of manifest.emptyDirectories) {
    for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
      paths.add(path.slice(0, end));
    }
  }
  return [...paths]
    .map((path) => directory(path, toStoredPath(path), manifest))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

// Takes the entries before a key off the sorted list, and drops the entry that has this key.
function takeBefore(sorted: CapturedEntry[], key: string): CapturedEntry[] {
  let count = 0;
  while (count < sorted.length && (sorted[count]?.key ?? '') < key) count += 1;
  const before = sorted.splice(0, count);
  if (sorted[0]?.key === key) sorted.shift();
  return before;
}

function notValid(what: string): CaptureCorruptError {
  return new CaptureCorruptError(
    `the capture has an entry that is not valid: ${JSON.stringify(what)}`,
  );
}
