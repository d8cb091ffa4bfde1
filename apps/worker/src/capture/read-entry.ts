import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readlinkSync,
  readSync,
  realpathSync,
  type Stats,
} from 'node:fs';
import { dirname } from 'node:path';
import type { LeftOutReason, TreeEntry, TreePath } from '@baton/core/captures';
import { judgeFileError } from './file-error.ts';
import { inflateObject, isLooseObject, MAX_INFLATED_BYTES } from './loose-object.ts';
import type { PieceSearch, SecretSearch } from './secret-search.ts';
import { isRealPath, realRoot, toAbsolute, toFsPath } from './tree-path.ts';

/** The result of `readFileEntry`. */
export type FileContent =
  | {
      kind: 'content';
      /**
       * Exactly `size` bytes, in pieces of at most 1 MiB. The caller may read them more than once. If the file changes during
       * the reading, zeros stand for the rest, and the next scan shows the change.
       */
      pieces: Iterable<Buffer>;
      size: number;
    }
  | { kind: 'left_out'; reason: LeftOutReason }
  | { kind: 'changed' };

const PIECE_BYTES = 1_048_576;

const CHANGED = { kind: 'changed' } as const;
const leftOut = (reason: LeftOutReason) => ({ kind: 'left_out', reason }) as const;

/**
 * Reads a file of a workspace. All of it has been searched for secrets before the first byte is handed on, except the
 * configuration of git (`isGitConfig`): the caller filters that file, and must search the result.
 *
 * @param root The absolute path of the workspace.
 * @returns The content; or why the file is not captured; or `changed` if the file is not what the scan saw.
 * @throws The error of a system call that concerns the host, such as EIO.
 */
export function readFileEntry(
  root: string,
  path: TreePath,
  entry: TreeEntry,
  secretSearch: SecretSearch,
): FileContent {
  if (secretSearch.holds(path)) return leftOut('secret');
  let file: number | null = null;
  try {
    const absolute = toAbsolute(realRoot(root), path);
    file = openEntry(absolute, entry);
    if (file === null) return CHANGED;
    const isSmall = entry.size <= PIECE_BYTES;
    const mayInflate = isLooseObject(path);
    if (mayInflate && entry.size > MAX_INFLATED_BYTES) return leftOut('unreadable');
    const kept: Buffer[] = [];
    const search = secretSearch.start();
    for (let at = 0; at < entry.size; ) {
      const piece = readPiece(file, at, entry.size);
      if (piece === null) return CHANGED;
      if (!entry.isGitConfig && search.holdsNext(piece)) return leftOut('secret');
      if (isSmall || mayInflate) kept.push(piece);
      at += piece.length;
    }
    if (!isSame(fstatSync(file), entry)) return CHANGED;
    const reason = mayInflate ? judgeObject(kept, secretSearch) : null;
    if (reason !== null) return leftOut(reason);
    const pieces = isSmall ? kept : piecesOf(absolute, entry, secretSearch);
    return { kind: 'content', pieces, size: entry.size };
  } catch (error) {
    const problem = judgeFileError(error);
    return problem === 'changed' ? CHANGED : leftOut(problem);
  } finally {
    if (file !== null) closeSync(file);
  }
}

/**
 * Returns the target of a symlink in a workspace, as it stands in the link. The caller searches it for secrets.
 *
 * @throws An error if there is no symlink any more, or if its directory was replaced by a symlink.
 */
export function readLink(root: string, path: TreePath): Buffer {
  const absolute = toAbsolute(realRoot(root), path);
  const target = readlinkSync(toFsPath(absolute), { encoding: 'buffer' });
  if (!isRealPath(dirname(absolute))) {
    throw new Error('the directory of a symlink changed while the workspace was captured');
  }
  return target;
}

// Returns null if another file is at the path than the scan saw.
function openEntry(absolute: string, entry: TreeEntry): number | null {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = openSync(toFsPath(absolute), flags);
  try {
    if (isSame(fstatSync(file), entry) && realPathOf(file, absolute) === absolute) return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
  closeSync(file);
  return null;
}

// A directory of the path may have been replaced by a symlink. Linux tells where the opened file is.
function realPathOf(file: number, absolute: string): string {
  const encoding = 'latin1';
  return process.platform === 'linux'
    ? readlinkSync(`/proc/self/fd/${file}`, { encoding })
    : realpathSync.native(toFsPath(absolute) as string, { encoding });
}

function isSame(stats: Stats, entry: TreeEntry): boolean {
  return (
    stats.isFile() &&
    stats.ino === entry.ino &&
    stats.dev === entry.dev &&
    stats.size === entry.size &&
    stats.mtimeMs === entry.mtimeMs &&
    stats.ctimeMs === entry.ctimeMs
  );
}

// Returns null if the file ends early.
function readPiece(file: number, from: number, size: number): Buffer | null {
  const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, size - from));
  for (let filled = 0; filled < piece.length; ) {
    const count = readSync(file, piece, filled, piece.length - filled, from + filled);
    if (count === 0) return null;
    filled += count;
  }
  return piece;
}

function judgeObject(pieces: readonly Buffer[], search: SecretSearch): LeftOutReason | null {
  const content = inflateObject(Buffer.concat(pieces));
  if (content === 'too_large') return 'unreadable';
  if (content === null) return null;
  const inContent = search.start();
  for (let at = 0; at < content.length; at += PIECE_BYTES) {
    if (inContent.holdsNext(content.subarray(at, at + PIECE_BYTES))) return 'secret';
  }
  return null;
}

// Reads a large file a second time. Each piece is searched again, and the file is checked after each piece was read, so
// no byte is handed on that was not searched.
function piecesOf(
  absolute: string,
  entry: TreeEntry,
  secretSearch: SecretSearch,
): Iterable<Buffer> {
  return {
    *[Symbol.iterator]() {
      let file = reopenEntry(absolute, entry);
      const search = secretSearch.start();
      try {
        for (let at = 0; at < entry.size; at += PIECE_BYTES) {
          const piece = file === null ? null : readUnchanged(file, at, entry, search);
          if (piece === null && file !== null) {
            closeSync(file);
            file = null;
          }
          yield piece ?? Buffer.alloc(Math.min(PIECE_BYTES, entry.size - at));
        }
      } finally {
        if (file !== null) closeSync(file);
      }
    },
  };
}

function reopenEntry(absolute: string, entry: TreeEntry): number | null {
  try {
    return openEntry(absolute, entry);
  } catch (error) {
    judgeFileError(error);
    return null;
  }
}

function readUnchanged(
  file: number,
  at: number,
  entry: TreeEntry,
  search: PieceSearch,
): Buffer | null {
  const piece = readPiece(file, at, entry.size);
  if (piece === null || !isSame(fstatSync(file), entry)) return null;
  return search.holdsNext(piece) ? null : piece;
}
