import { isUtf8 } from 'node:buffer';
import { CaptureCorruptError } from './capture-errors.ts';
import { isSafePath } from './stored-path.ts';
import type { LeftOutReason, TreeEntry, TreePath } from './tree-entry.ts';

/** What git cannot hold of a workspace. */
export interface Manifest {
  /** The path of the workspace at the time of the capture. */
  root: string;
  /** The mode of the workspace's directory itself. */
  rootMode: number;
  /** The modes that most entries have. */
  defaults: Modes;
  /** The entries with other modes. */
  exceptions: Map<TreePath, number>;
  /** Directories that hold no captured entry. */
  emptyDirectories: TreePath[];
  leftOut: Map<TreePath, LeftOutReason>;
}

/** A mode for each of the kinds that git tells apart, and for directories. */
export interface Modes {
  file: number;
  executable: number;
  directory: number;
}

/** A path in manifest.json: text if it is valid UTF-8, or else its bytes. */
type JsonPath = string | { base64: string };

interface ManifestJson {
  version: 1;
  root: JsonPath;
  root_mode: string;
  modes: { file: string; executable: string; directory: string };
  exceptions: [JsonPath, string][];
  empty_directories: JsonPath[];
  left_out: [JsonPath, LeftOutReason][];
}

const MODE = /^[0-7]{1,4}$/;

/**
 * Builds the manifest of captured entries. `withheld` are the entries that were left out when they
 * were read.
 */
export function buildManifest(
  root: { path: string; mode: number },
  entries: ReadonlyMap<TreePath, TreeEntry>,
  leftOut: ReadonlyMap<TreePath, LeftOutReason>,
  withheld: ReadonlyMap<TreePath, LeftOutReason>,
): Manifest {
  const captured = [...entries].filter(([path]) => !withheld.has(path));
  const parents = new Set<TreePath>();
  for (const [path] of captured) parents.add(parentOf(path));
  const defaults = {
    file: mostCommonMode(captured, 'file', 0o644),
    executable: mostCommonMode(captured, 'executable', 0o755),
    directory: mostCommonMode(captured, 'directory', 0o755),
  };
  const exceptions = new Map<TreePath, number>();
  const emptyDirectories: TreePath[] = [];
  for (const [path, entry] of captured) {
    if (entry.kind === 'directory' && !parents.has(path)) emptyDirectories.push(path);
    const kind = modeKindOf(entry);
    if (kind !== null && entry.mode !== defaults[kind]) exceptions.set(path, entry.mode);
  }
  return {
    root: root.path,
    rootMode: root.mode,
    defaults,
    exceptions,
    emptyDirectories,
    leftOut: new Map([...leftOut, ...withheld]),
  };
}

/** Returns which mode of a manifest an entry has. A symlink has none. */
function modeKindOf(entry: Pick<TreeEntry, 'kind' | 'mode'>): keyof Modes | null {
  if (entry.kind === 'symlink') return null;
  if (entry.kind === 'directory') return 'directory';
  return (entry.mode & 0o100) === 0 ? 'file' : 'executable';
}

/** Returns manifest.json. Equal manifests give equal texts. */
export function formatManifest(manifest: Manifest): string {
  const { file, executable, directory } = manifest.defaults;
  const json: ManifestJson = {
    version: 1,
    root: toJsonPath(Buffer.from(manifest.root).toString('latin1')),
    root_mode: manifest.rootMode.toString(8),
    modes: {
      file: file.toString(8),
      executable: executable.toString(8),
      directory: directory.toString(8),
    },
    exceptions: sorted(manifest.exceptions).map(([path, mode]) => [
      toJsonPath(path),
      mode.toString(8),
    ]),
    empty_directories: [...manifest.emptyDirectories].sort().map(toJsonPath),
    left_out: sorted(manifest.leftOut).map(([path, reason]) => [toJsonPath(path), reason]),
  };
  return `${JSON.stringify(json)}\n`;
}

/** Reads manifest.json. Throws CaptureCorruptError if it is none, or has a path that leads out of the workspace. */
export function parseManifest(text: string): Manifest {
  try {
    const json = JSON.parse(text) as ManifestJson;
    if (json.version !== 1) throw new Error(`expected version 1, got ${json.version}`);
    return {
      root: Buffer.from(fromJsonPath(json.root), 'latin1').toString(),
      rootMode: parseMode(json.root_mode),
      defaults: {
        file: parseMode(json.modes.file),
        executable: parseMode(json.modes.executable),
        directory: parseMode(json.modes.directory),
      },
      exceptions: new Map(json.exceptions.map(([path, mode]) => [safePath(path), parseMode(mode)])),
      emptyDirectories: json.empty_directories.map(safePath),
      leftOut: new Map(json.left_out.map(([path, reason]) => [fromJsonPath(path), reason])),
    };
  } catch (error) {
    throw new CaptureCorruptError(`the manifest of the capture is not valid: ${String(error)}`);
  }
}

function parentOf(path: TreePath): TreePath {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function mostCommonMode(
  entries: readonly [TreePath, TreeEntry][],
  wanted: keyof Modes,
  otherwise: number,
): number {
  const counts = new Map<number, number>();
  for (const [, entry] of entries) {
    if (modeKindOf(entry) === wanted) counts.set(entry.mode, (counts.get(entry.mode) ?? 0) + 1);
  }
  // The lower mode wins a tie, so that equal trees have equal manifests.
  const [first] = [...counts].sort(([a, x], [b, y]) => y - x || a - b);
  return first?.[0] ?? otherwise;
}

function sorted<T>(map: ReadonlyMap<TreePath, T>): [TreePath, T][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

function toJsonPath(path: TreePath): JsonPath {
  const bytes = Buffer.from(path, 'latin1');
  return isUtf8(bytes) ? bytes.toString() : { base64: bytes.toString('base64') };
}

function fromJsonPath(path: JsonPath): TreePath {
  const bytes = typeof path === 'string' ? Buffer.from(path) : Buffer.from(path.base64, 'base64');
  return bytes.toString('latin1');
}

function safePath(json: JsonPath): TreePath {
  const path = fromJsonPath(json);
  if (!isSafePath(path)) throw new Error(`the path ${JSON.stringify(path)} is not valid`);
  return path;
}

function parseMode(text: string): number {
  if (!MODE.test(text)) throw new Error(`expected an octal mode, got ${JSON.stringify(text)}`);
  return Number.parseInt(text, 8);
}
