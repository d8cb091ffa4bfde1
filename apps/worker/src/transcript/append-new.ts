// Stores the new bytes of one transcript file, or the whole file if it was rewritten.
import type { Stats } from 'node:fs';
import { setImmediate as breathe } from 'node:timers/promises';
import { CHUNK_MAX_BYTES, type TranscriptStore } from '@baton/core/internal';
import { cut, type Piece, splitRuns } from './base64-runs.ts';
import { isAppendOnly } from './list-files.ts';
import { type FileMasker, isPrefix, maskedSegments } from './masked-file.ts';
import { type TrackedFile, untrackedFile } from './tracked-file.ts';
import { readWholeLines, wholeLinesEnd } from './whole-lines.ts';

/** The part of a file's `stat` that changes when the file changes. Reading it does not open the file. */
export type FileState = Pick<Stats, 'size' | 'mtimeMs' | 'ino'>;

/** What a file appender needs in addition to the store. */
export interface FileAppenderOptions {
  sessionId: string;
  /** The root of the conversation, which stores a repeated run of base64 once. */
  rootSessionId: string;
  fence: number;
  /** The files that were restored into the folder of the attempt. */
  restored: readonly TrackedFile[];
  /** Masks the bytes that are stored, without changing their number. */
  masker: FileMasker;
  /** Called with the bytes that were appended to a file, once they are stored. */
  onAppended?(path: string, data: Buffer): void;
}

/** The state of an open file now, and at the last copy that stored it. */
export interface FileCheck {
  now: FileState;
  before?: FileState | undefined;
  /** Whether the whole file is read and compared with the stored hash. */
  verify: boolean;
}

/** Stores the new bytes of an open file. Resolves to the file as it is then stored. */
export type AppendNew = (open: number, file: TrackedFile, check: FileCheck) => Promise<TrackedFile>;

/** Returns the function that stores the new bytes of a file of this attempt. */
export function createFileAppender(
  store: TranscriptStore,
  { sessionId, rootSessionId, fence, restored, masker, onAppended }: FileAppenderOptions,
): AppendNew {
  const generations = new Map(restored.map(({ path, generation }) => [path, generation]));

  async function append(file: TrackedFile, { data, isRun }: Piece): Promise<void> {
    const { path, generation, length: offset } = file;
    const position = { session_id: sessionId, path, generation, offset, fence };
    if (isRun) await store.putPart(position, rootSessionId, data);
    else await store.put(position, data);
    const hash = file.hash.copy();
    for (const piece of cut(data, CHUNK_MAX_BYTES)) {
      hash.update(piece);
      // A run may have tens of megabytes.
      if (isRun) await breathe();
    }
    file.hash = hash;
    file.length += data.length;
    file.hasParts ||= isRun;
  }

  // A rewritten file is stored whole, as a new generation. Its lines are not new, so they are not reported.
  async function report({ path, generation }: TrackedFile, data: Buffer): Promise<void> {
    if (generation !== (generations.get(path) ?? 0)) return;
    for (const piece of cut(data, CHUNK_MAX_BYTES)) {
      onAppended?.(path, piece);
      if (data.length > CHUNK_MAX_BYTES) await breathe();
    }
  }

  // What is reported does not end within a line because a run is stored alone. If the store fails,
  // the bytes that it has are reported: the next copy begins after them.
  async function appendLines(file: TrackedFile, data: Buffer): Promise<void> {
    const { length } = file;
    try {
      for await (const piece of splitRuns(data)) await append(file, piece);
    } finally {
      await report(file, data.subarray(0, file.length - length));
    }
  }

  return async (open, tracked, check) => {
    const { size } = check.now;
    const { file, readTo } = await findNew(open, tracked, check, masker);
    const isPlain = isAppendOnly(file.path) && readTo === file.length;
    const lines = isPlain ? readWholeLines(open, readTo, size) : null;
    if (lines) {
      if (lines.length > 0) await appendLines(file, masker.lines(lines));
      return file;
    }
    const range = { from: file.length, to: storedEnd(open, file, readTo, size) };
    for await (const data of maskedSegments(open, file, masker, range)) {
      await appendLines(file, data);
    }
    return file;
  };
}

/**
 * Returns the file to append to, and how many bytes of it an earlier copy has already seen. A file that no
 * longer begins with its stored bytes was rewritten, so it is stored again as its next generation.
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

// Only whole lines of a JSONL file are stored: a resumed CLI would append its next entry to an incomplete
// line. The search starts at `readTo`, because only bytes after it can complete the line that an earlier
// copy left out.
function storedEnd(
  open: number,
  { path, length }: TrackedFile,
  readTo: number,
  size: number,
): number {
  return isAppendOnly(path) ? (wholeLinesEnd(open, readTo, size) ?? length) : size;
}
