// Writes one saved transcript file into the project folder of an attempt.
import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { dirname, join, normalize, sep } from 'node:path';
import {
  AppError,
  type Session,
  type TranscriptFile,
  type TranscriptStore,
} from '@baton/core/internal';
import { createFramer } from '../claude/framer.ts';
import type { FileCut } from './transcript-cut.ts';

/** A saved file, and where it ends. */
export interface SavedFile {
  file: TranscriptFile;
  /** The session that the file belongs to, then its ancestors, nearest first. */
  lineage: readonly Session[];
  /** Where the file is cut, or null if it is not. */
  cut: FileCut | null;
  /** Returns whether a line is the last line of the file that is written. */
  isLast(line: string): boolean;
  /** Called for each line that is written. */
  onLine(line: string, offset: number): void;
  /** Called for each line that is cut. */
  onCut(line: string): void;
}

/**
 * Writes a saved file, up to the first line that `isLast` accepts, or that is beyond the cut.
 * Returns the number of written bytes and their hash, or null if the cut left nothing of the file.
 * Throws TRANSCRIPT_CORRUPT if a byte differs from what was saved, or if the path cannot be a file.
 */
export async function writeSavedFile(
  store: TranscriptStore,
  { file, lineage, ...rest }: SavedFile,
  projectDir: string,
): Promise<{ hash: Hash; length: number } | null> {
  const target = insideProject(projectDir, file.path);
  const handle = await createFile(target).catch((error: unknown) => {
    throw pathProblem(file.path, error) ?? error;
  });
  const hash = createHash('sha256');
  const keeper = createLineKeeper(rest);
  let length = 0;
  async function write(pieces: readonly Buffer[]): Promise<void> {
    for (const piece of pieces) {
      hash.update(piece);
      await handle.writeFile(piece);
      length += piece.length;
    }
  }
  try {
    // The rest of a file that ends early is still read, because the store checks the file as a whole.
    for await (const piece of store.read(file, lineage)) await write(keeper.keep(piece));
    await write(keeper.rest());
  } finally {
    await handle.close();
  }
  if (length > 0 || !keeper.isCut()) return { hash, length };
  await rm(target);
  return null;
}

/** Decides which bytes of a file are kept. */
interface LineKeeper {
  /** Takes the next piece of the file, and returns the bytes to write. A line is written as a whole. */
  keep(piece: Buffer): Buffer[];
  /** Returns the bytes after the last newline, once the whole file was taken. */
  rest(): Buffer[];
  /** Returns whether a line was beyond the cut. */
  isCut(): boolean;
}

function createLineKeeper({
  cut,
  isLast,
  onLine,
  onCut,
}: Pick<SavedFile, 'cut' | 'isLast' | 'onLine' | 'onCut'>): LineKeeper {
  const framer = createFramer();
  // The beginning of a line whose end is in a later piece. If that line is cut, it is not written.
  let held: Buffer[] = [];
  let offset = 0;
  let taken = 0;
  let isCut = false;
  let isEnded = false;

  function observe(line: string): void {
    isCut = cut?.isBeyond(line, offset) === true;
    if (isCut) {
      onCut(line);
    } else {
      onLine(line, offset);
      isEnded = isLast(line);
    }
  }

  return {
    keep(piece) {
      const before = held;
      const wasOpen = !isCut && !isEnded;
      let end = 0;
      for (const { text, bytes } of framer.push(piece)) {
        if (isEnded) break;
        observe(text);
        offset += bytes + 1;
        if (!isCut) end = offset - taken;
      }
      taken += piece.length;
      if (!wasOpen) return [];
      const isOpen = !isCut && !isEnded;
      if (isOpen && cut === null) return [piece];
      held = isOpen ? [...(end > 0 ? [] : before), piece.subarray(end)] : [];
      return end > 0 ? [...before, piece.subarray(0, end)] : [];
    },
    rest: () => held,
    isCut: () => isCut,
  };
}

async function createFile(target: string): Promise<FileHandle> {
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  return open(target, 'wx', 0o600);
}

// The path comes from the session's transcript, so these errors would occur on every host.
const PATH_ERRNOS = ['EEXIST', 'EILSEQ', 'EINVAL', 'EISDIR', 'ENAMETOOLONG'];

function pathProblem(path: string, error: unknown): AppError | null {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (!PATH_ERRNOS.includes(code)) return null;
  return new AppError(
    'TRANSCRIPT_CORRUPT',
    `transcript path ${path} cannot be restored as a file (${code})`,
    { cause: error },
  );
}

// Baton wrote the manifest. The path is still checked, because a wrong path could point outside the
// folder.
function insideProject(projectDir: string, path: string): string {
  const target = join(projectDir, path);
  if (!target.startsWith(projectDir + sep) || normalize(path) !== path) {
    throw new AppError(
      'TRANSCRIPT_CORRUPT',
      `transcript path ${path} is not a plain relative path`,
    );
  }
  return target;
}
