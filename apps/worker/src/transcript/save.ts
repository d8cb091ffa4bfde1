import { closeSync, fstatSync, openSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import type { TranscriptManifest, TranscriptStore } from '@baton/core/internal';
import { hostErrnoOf } from '../host-errors.ts';
import type { Masker } from '../masking/masker.ts';
import { isAppendOnly, isFileError, listFiles } from './list-files.ts';
import { type FileMasker, isPrefix, maskedPieces } from './masked-file.ts';
import { type TrackedFile, toManifestFile, untrackedFile } from './tracked-file.ts';
import { readWholeLines, wholeLinesEnd } from './whole-lines.ts';

// Files are looked at on the spot: they were written a moment ago, on this host, and a look that goes by
// the thread pool costs ten times the processor time. Between pieces of a megabyte others get their turn.

/** Copies what Claude appended to its files into the store. */
export interface TranscriptSaver {
  /**
   * Stores what is new and returns the manifest that names it; nothing counts until the caller has
   * committed that manifest. A file that looks as it did the last time is not opened, and where all do
   * the manifest is the very one that was returned then. With `verify` every file is read whole, so
   * that one that was rewritten rather than appended to is noticed by its hash and stored whole. A file
   * that cannot be read, or whose path holds a secret, is left out and reported; an error of the store or of the host rejects, and asking
   * again goes on from there.
   */
  save(options: { verify: boolean }): Promise<TranscriptManifest>;
}

/** Whose files are saved, and who is told of one that cannot be. */
export interface SaverOptions {
  sessionId: string;
  fence: number;
  projectDir: string;
  restored: readonly TrackedFile[];
  /** What is stored is masked by this; lengths in bytes stay. */
  masker: FileMasker & Pick<Masker, 'text'>;
  onUnreadable(path: string, error: unknown): void;
  /** Called once for each file that is left out because its path holds a secret; the path is masked. */
  onSecretPath?(maskedPath: string): void;
  /** Told of what was appended to a file, once it is stored. */
  onAppended?(path: string, data: Buffer): void;
}

/** A saver for one attempt; `restored` is what its folder began with. */
export function createTranscriptSaver(
  store: TranscriptStore,
  {
    sessionId,
    fence,
    projectDir,
    restored,
    masker,
    onUnreadable,
    onSecretPath,
    onAppended,
  }: SaverOptions,
): TranscriptSaver {
  let folder = identityOf(projectDir);
  const reported = new Set<string>();
  const tracked = new Map(restored.map((file) => [file.path, file]));
  const generations = new Map(restored.map(({ path, generation }) => [path, generation]));
  const states = new Map<string, FileState>();
  // As it was returned last; null once a file was opened since.
  let manifest: TranscriptManifest | null = null;

  // The folder may be taken away from under the CLI, which may make another one in its place and begin its files
  // anew: what is stored by then is the best there is. What was restored counts as well, so a folder that was away
  // when the attempt began never matches.
  function isTakenAway(): boolean {
    return tracked.size > 0 && (folder === null || identityOf(projectDir) !== folder);
  }

  // A file is tried again with every save; that it cannot be read is told once.
  function reportOnce(path: string, error: unknown): void {
    if (reported.has(path)) return;
    reported.add(path);
    onUnreadable(path, error);
  }

  // A masked path would be another file's once it is restored, so a file with a secret in its path is not saved.
  function mayBeNamed(path: string): boolean {
    const masked = masker.text(path);
    if (masked === path) return true;
    if (!reported.has(path)) onSecretPath?.(masked);
    reported.add(path);
    return false;
  }

  async function append(file: TrackedFile, data: Buffer): Promise<void> {
    const { path, generation, length: offset } = file;
    await store.put({ session_id: sessionId, path, generation, offset, fence }, data);
    file.hash.update(data);
    file.length += data.length;
    // One that was rewritten is stored whole: it tells of old things again.
    if (generation === (generations.get(path) ?? 0)) onAppended?.(path, data);
  }

  async function appendTo(open: number, file: TrackedFile, end: number): Promise<void> {
    const range = { from: file.length, to: end };
    for (const piece of maskedPieces(open, file, masker, range)) await append(file, piece);
  }

  async function saveFile(path: string, verify: boolean): Promise<void> {
    const before = states.get(path);
    if (!verify && before && isSame(before, statSync(join(projectDir, path)))) return;
    if (isTakenAway()) return;
    const open = openSync(join(projectDir, path), 'r');
    manifest = null;
    try {
      // Of what is open: by its path it may be another one by now.
      const state = fstatSync(open);
      let file = tracked.get(path) ?? untrackedFile(path);
      const isSuspect = verify || !isAppendOnly(path) || (before && before.ino !== state.ino);
      let seen = Math.max(file.length, isSuspect ? 0 : (before?.size ?? 0));
      if (
        state.size < file.length ||
        (isSuspect && !(await isPrefix(open, file, masker, state.size)))
      ) {
        file = untrackedFile(path, file.generation + 1);
        seen = 0;
      }
      const isPlain = isAppendOnly(path) && seen === file.length;
      const lines = isPlain ? readWholeLines(open, seen, state.size) : null;
      if (!lines) await appendTo(open, file, storedEnd(open, file, seen, state.size));
      else if (lines.length > 0) await append(file, masker.lines(lines));
      tracked.set(path, file);
      states.set(path, state);
    } finally {
      closeSync(open);
    }
  }

  return {
    async save({ verify }) {
      if (tracked.size === 0) folder = identityOf(projectDir);
      if (isTakenAway()) {
        manifest ??= manifestOf(tracked.values());
        return manifest;
      }
      const paths = listFiles(projectDir).filter(mayBeNamed);
      for (const path of paths) {
        await saveFile(path, verify).catch((error: unknown) => {
          // A host that can open no file now may do so later: the next save tries again.
          if (!isFileError(error) || hostErrnoOf(error) !== null) throw error;
          reportOnce(path, error);
        });
      }
      for (const path of isTakenAway() ? [] : tracked.keys()) {
        if (paths.includes(path)) continue;
        tracked.delete(path);
        manifest = null;
      }
      manifest ??= manifestOf(tracked.values());
      return manifest;
    },
  };
}

/** Tells a folder from another one under the same path; null where there is none to be seen. */
function identityOf(folder: string): string | null {
  try {
    const { dev, ino } = statSync(folder);
    return `${dev}:${ino}`;
  } catch (error) {
    // A host that can look at nothing now may do so later: the next save tries again.
    if (hostErrnoOf(error) !== null) throw error;
    return null;
  }
}

function manifestOf(tracked: Iterable<TrackedFile>): TranscriptManifest {
  const files = [...tracked].filter((file) => file.length > 0).map(toManifestFile);
  return { files: files.sort((a, b) => (a.path < b.path ? -1 : 1)) };
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

/** What tells without opening it that a file is not the one that was seen. */
type FileState = Pick<Stats, 'size' | 'mtimeMs' | 'ino'>;

function isSame(a: FileState, b: FileState): boolean {
  return a.size === b.size && a.mtimeMs === b.mtimeMs && a.ino === b.ino;
}
