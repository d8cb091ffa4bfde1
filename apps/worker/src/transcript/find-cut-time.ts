import type { Session, TranscriptFile, TranscriptStore } from '@baton/core/internal';
import { createFramer } from '../claude/framer.ts';
import { type CutOptions, createTranscriptCut, type FileCut } from './transcript-cut.ts';

/** What is searched: the files of a transcript, and the sessions that they belong to. */
export interface SearchedFiles {
  files: readonly TranscriptFile[];
  /** The session that the transcript belongs to, then its ancestors, nearest first. */
  lineage: readonly Session[];
}

/**
 * Returns the time at which a transcript is cut: when the CLI wrote the first line beyond the capture
 * that shows a call which may have changed files. All files are cut at that time, as if the worker
 * had died then. Returns null if no file has such a line. Reads only the files that are longer than
 * the capture says.
 */
export async function findCutTime(
  store: TranscriptStore,
  { files, lineage }: SearchedFiles,
  options: CutOptions,
): Promise<string | null> {
  const cut = createTranscriptCut(options);
  for (const file of files) {
    const one = cut.ofFile(file);
    if (one) await readToCut(store.read(file, lineage), one);
  }
  return cut.time();
}

async function readToCut(pieces: AsyncIterable<Buffer>, cut: FileCut): Promise<void> {
  const framer = createFramer();
  let offset = 0;
  for await (const piece of pieces) {
    for (const { text, bytes } of framer.push(piece)) {
      if (cut.isBeyond(text, offset)) return;
      offset += bytes + 1;
    }
  }
}
