// Stores what is new in one file of the transcript, or the whole file where it was rewritten.
import type { Stats } from 'node:fs';
import type { TranscriptStore } from '@baton/core/internal';
import { isAppendOnly } from './list-files.ts';
import { type FileMasker, isPrefix, maskedPieces } from './masked-file.ts';
import { type TrackedFile, untrackedFile } from './tracked-file.ts';
import { readWholeLines, wholeLinesEnd } from './whole-lines.ts';

/** What shows, without opening it, that a file changed since the last copy. */
export type FileState = Pick<Stats, 'size' | 'mtimeMs' | 'ino'>;

/** What a file appender needs besides the store. */
export interface FileAppenderOptions {
  sessionId: string;
  fence: number;
  /** What the folder of the attempt began with. */
  restored: readonly TrackedFile[];
  /** Masks what is stored; lengths in bytes stay. */
  masker: FileMasker;
  /** Called with what was appended to a file, once it is stored. */
  onAppended?(path: string, data: Buffer): void;
}

/** How an open file looks now, and how it looked at the last copy that stored it. */
export interface FileCheck {
  now: FileState;
  before?: FileState | undefined;
  /** The file is read whole and compared with the stored hash. */
  verify: boolean;
}

/** Stores what is new in an open file; resolves with the file as it is stored by then. */
export type AppendNew = (open: number, file: TrackedFile, check: FileCheck) => Promise<TrackedFile>;

/** Returns the function that stores what is new in a file of this attempt. */
export function createFileAppender(
  store: TranscriptStore,
  { sessionId, fence, restored, masker, onAppended }: FileAppenderOptions,
): AppendNew {
  const generations = new Map(restored.map(({ path, generation }) => [path, generation]));

  async function append(file: TrackedFile, data: Buffer): Promise<void> {
    const { path, generation, length: offset } = file;
    await store.put({ session_id: sessionId, path, generation, offset, fence }, data);
    file.hash.update(data);
    file.length += data.length;
    // A file that was rewritten is stored whole: its lines are not new.
    if (generation === (generations.get(path) ?? 0)) onAppended?.(path, data);
  }

  return async (open, tracked, check) => {
    const { size } = check.now;
    const { file, readTo } = await findNew(open, tracked, check, masker);
    const isPlain = isAppendOnly(file.path) && readTo === file.length;
    const lines = isPlain ? readWholeLines(open, readTo, size) : null;
    if (lines) {
      if (lines.length > 0) await append(file, masker.lines(lines));
      return file;
    }
    const range = { from: file.length, to: storedEnd(open, file, readTo, size) };
    for (const piece of maskedPieces(open, file, masker, range)) await append(file, piece);
    return file;
  };
}

/**
 * Finds what to append to, and how many bytes an earlier copy has seen already. A file that no longer begins
 * with what is stored was rewritten: it is stored anew, as the next generation.
 */
async function findNew(
  open: number,
  file: TrackedFile,
  { now, before, verify }: FileCheck,
  masker: FileMasker,
): Promise<{ file: TrackedFile; readTo: number }> {
  const isSuspect = verify || !isAppendOnly(file.path) || (before && before.ino !== now.ino);
  const isRewritten =
    now.size < file.length || (isSuspect && !(await isPrefix(open, file, masker, now.size)));
  if (isRewritten) return { file: untrackedFile(file.path, file.generation + 1), readTo: 0 };
  return { file, readTo: Math.max(file.length, isSuspect ? 0 : (before?.size ?? 0)) };
}

// Of a JSONL file only whole lines are stored: the CLI appends right behind torn bytes.
// The last line of what was seen before may be torn still: only bytes that came since can end it.
function storedEnd(
  open: number,
  { path, length }: TrackedFile,
  readTo: number,
  size: number,
): number {
  return isAppendOnly(path) ? (wholeLinesEnd(open, readTo, size) ?? length) : size;
}
