import { createHash } from 'node:crypto';
import {
  closeSync,
  type Dirent,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { CHUNK_MAX_BYTES, type TranscriptManifest, type TranscriptStore } from '@baton/core';
import { type TrackedFile, toManifestFile, untrackedFile } from './tracked-file.ts';
import { wholeLinesEnd } from './whole-lines.ts';

// Files are looked at on the spot: they were written a moment ago, on this host, and a look that goes by
// the thread pool costs ten times the processor time. Between pieces of a megabyte others get their turn.

/** Copies what Claude appended to its files into the store. */
export interface TranscriptSaver {
  /**
   * Stores what is new and returns the manifest that names it; nothing counts until the caller has
   * committed that manifest. A file that looks as it did the last time is not opened. With `verify`
   * every file is read whole, so that one that was rewritten rather than appended to is noticed by its
   * hash and stored whole. A file that cannot be read is left out and told of; an error of the store
   * rejects, and asking again goes on from there.
   */
  save(options: { verify: boolean }): Promise<TranscriptManifest>;
}

/** Whose files are saved, and who is told of one that cannot be. */
export interface SaverOptions {
  sessionId: string;
  fence: number;
  projectDir: string;
  restored: readonly TrackedFile[];
  onUnreadable(path: string, error: unknown): void;
  /** Told of what was appended to a file, once it is stored. */
  onAppended?(path: string, data: Buffer): void;
}

/** A saver for one attempt; `restored` is what its folder began with. */
export function createTranscriptSaver(
  store: TranscriptStore,
  { sessionId, fence, projectDir, restored, onUnreadable, onAppended }: SaverOptions,
): TranscriptSaver {
  const told = new Set<string>();
  const tracked = new Map(restored.map((file) => [file.path, file]));
  const generations = new Map(restored.map(({ path, generation }) => [path, generation]));
  const looks = new Map<string, Look>();

  // A file is tried again with every save; that it cannot be read is told once.
  function tellOnce(path: string, error: unknown): void {
    if (told.has(path)) return;
    told.add(path);
    onUnreadable(path, error);
  }

  async function append(open: number, file: TrackedFile, end: number): Promise<void> {
    for (;;) {
      const size = Math.min(CHUNK_MAX_BYTES, end - file.length);
      if (size <= 0) return;
      const data = readExactly(open, file.length, size);
      if (!data) return;
      const { path, generation, length: offset } = file;
      await store.put({ session_id: sessionId, path, generation, offset, fence }, data);
      file.hash.update(data);
      file.length += data.length;
      // One that was rewritten is stored whole: it tells of old things again.
      if (generation === (generations.get(path) ?? 0)) onAppended?.(path, data);
    }
  }

  async function saveFile(path: string, verify: boolean): Promise<void> {
    const before = looks.get(path);
    if (!verify && before && isSame(before, statSync(join(projectDir, path)))) return;
    const open = openSync(join(projectDir, path), 'r');
    try {
      const look = fstatSync(open);
      let file = tracked.get(path) ?? untrackedFile(path);
      const isSuspect = verify || !isAppendOnly(path) || (before && before.ino !== look.ino);
      let seen = Math.max(file.length, isSuspect ? 0 : (before?.size ?? 0));
      if (look.size < file.length || (isSuspect && !(await isPrefix(open, file)))) {
        file = untrackedFile(path, file.generation + 1);
        seen = 0;
      }
      await append(open, file, storedEnd(open, file, seen, look.size));
      tracked.set(path, file);
      looks.set(path, look);
    } finally {
      closeSync(open);
    }
  }

  return {
    async save({ verify }) {
      const paths = listFiles(projectDir);
      for (const path of paths) {
        await saveFile(path, verify).catch((error: unknown) => {
          if (!isFileError(error)) throw error;
          tellOnce(path, error);
        });
      }
      for (const path of tracked.keys()) if (!paths.includes(path)) tracked.delete(path);
      const files = [...tracked.values()].filter((file) => file.length > 0).map(toManifestFile);
      return { files: files.sort((a, b) => (a.path < b.path ? -1 : 1)) };
    },
  };
}

/** Every file below a folder, as paths relative to it. */
function listFiles(folder: string, prefix = ''): string[] {
  // By hand: the recursive listing of Node costs twice as much, and it is the better part of a copy.
  return entriesOf(folder).flatMap((entry) => {
    const path = prefix + entry.name;
    if (entry.isFile()) return [path];
    return entry.isDirectory() ? listFiles(join(folder, entry.name), `${path}/`) : [];
  });
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    // A tool may have removed Claude's folder from under it: then there is nothing to save.
    if (isFileError(error)) return [];
    throw error;
  }
}

// Of a JSONL file only whole lines are stored: the CLI appends right behind torn bytes (claude-cli section 8).
// Where it was seen before, its last line may be torn still: only what came since can end it.
function storedEnd(
  open: number,
  { path, length }: TrackedFile,
  seen: number,
  size: number,
): number {
  return isAppendOnly(path) ? (wholeLinesEnd(open, seen, size) ?? length) : size;
}

// The rest (`.meta.json`) is small, and rewritten as it pleases the CLI.
function isAppendOnly(path: string): boolean {
  return path.endsWith('.jsonl');
}

/** What tells without opening it that a file is not the one that was seen. */
type Look = Pick<Stats, 'size' | 'mtimeMs' | 'ino'>;

function isSame(a: Look, b: Look): boolean {
  return a.size === b.size && a.mtimeMs === b.mtimeMs && a.ino === b.ino;
}

async function isPrefix(open: number, file: TrackedFile): Promise<boolean> {
  if (file.length === 0) return true;
  const hash = createHash('sha256');
  for (let at = 0; at < file.length; ) {
    const data = readExactly(open, at, Math.min(CHUNK_MAX_BYTES, file.length - at));
    if (!data) return false;
    hash.update(data);
    at += data.length;
    await breathe();
  }
  return hash.digest('hex') === file.hash.copy().digest('hex');
}

/** These bytes of a file, or null where it has become shorter. */
function readExactly(open: number, position: number, size: number): Buffer | null {
  const buffer = Buffer.allocUnsafe(size);
  for (let filled = 0; filled < size; ) {
    const bytesRead = readSync(open, buffer, filled, size - filled, position + filled);
    if (bytesRead === 0) return null;
    filled += bytesRead;
  }
  return buffer;
}

function isFileError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
