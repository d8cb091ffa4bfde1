// Decides where the files of a transcript end, so that the transcript claims no change of files that
// the restored files do not have.
import type { TranscriptFile } from '@baton/core/internal';
import { asObject, asString } from '../claude/fields.ts';
import { mayChangeFiles, summarizeCall, type ToolUse, toolUseIn } from './file-changing-calls.ts';
import { isAppendOnly } from './list-files.ts';

/** How much of a transcript file was stored before a capture of the workspace began. */
export type CoveredFile = Pick<TranscriptFile, 'path' | 'generation' | 'length'>;

/** What is cut, and how. */
export interface CutOptions {
  /**
   * The transcript files that the capture names. A file that is not among them was made after the
   * capture began.
   */
  covered: readonly CoveredFile[];
  /** Whether nothing is cut, and the calls beyond the capture are only collected. Default: false. */
  isOnlyReported?: boolean;
}

/** The cut of one file. */
export interface FileCut {
  /**
   * Takes the next line of the file, which begins at byte `offset`. Returns whether the line is cut.
   * The first line that is cut lies beyond the capture. It shows a call which may have changed files
   * or the result of such a call, or it was written at or after the time of the cut. All later lines
   * are cut too.
   */
  isBeyond(line: string, offset: number): boolean;
}

/** The cut of a transcript. */
export interface TranscriptCut {
  /** Returns the cut of a file, or null if no line of the file can be cut. */
  ofFile(file: TranscriptFile): FileCut | null;
  /** Returns whether a line was cut. */
  isCut(): boolean;
  /**
   * Returns whether a file was rewritten since the capture began. Such a file is not cut, because the
   * capture's length says nothing about it.
   */
  isUncertain(): boolean;
  /** Returns when the first line that is beyond was written, or null if no line is beyond. */
  time(): string | null;
  /**
   * Returns the calls beyond the capture that may have changed files, or whose results are beyond
   * it, oldest first. There are at most 20 lines; equal lines are one. If there are more, the last
   * line says how many.
   */
  calls(): readonly string[];
}

const MAX_CALLS = 20;

const UNKNOWN_CALL = 'a call whose name is not known';

interface BeyondCall {
  at: string;
  summary: string;
}

/**
 * Creates the cut of a transcript. Without options, nothing is cut. `until` is the time of the cut
 * (find-cut-time.ts): no file keeps a line beyond the capture that was written at that time or later.
 */
export function createTranscriptCut(
  options?: CutOptions,
  until: string | null = null,
): TranscriptCut {
  const beyond: BeyondCall[] = [];
  let first: string | null = null;
  let isCut = false;
  let isUncertain = false;

  function begin(at: string): void {
    if (first === null || at < first) first = at;
  }

  return {
    ofFile(file) {
      if (!options || !isAppendOnly(file.path)) return null;
      const from = beyondFrom(file, options);
      if (from === null) isUncertain = true;
      if (from === null || from >= file.length) return null;
      const calls = createCallTracker();
      let isEnded = false;
      let at = '';
      return {
        isBeyond(line, offset) {
          const changes = calls.observe(toolUseIn(line));
          if (offset < from) return false;
          at = timeOf(line) ?? at;
          const ends = changes !== null || (until !== null && at >= until);
          if (!isEnded && !ends) return false;
          if (!isEnded) begin(at);
          isEnded = true;
          for (const summary of changes ?? []) beyond.push({ at, summary });
          isCut ||= !options.isOnlyReported;
          return !options.isOnlyReported;
        },
      };
    },
    time: () => first,
    isCut: () => isCut,
    isUncertain: () => isUncertain,
    calls() {
      const sorted = beyond.toSorted((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at)));
      const lines = [...new Set(sorted.map(({ summary }) => summary))];
      if (lines.length <= MAX_CALLS) return lines;
      const more = lines.length - MAX_CALLS + 1;
      return [...lines.slice(0, MAX_CALLS - 1), `and ${more} more calls`];
    },
  };
}

/**
 * Returns the first byte of a file that the capture does not cover, or null if that is not known. The
 * part of an ancestor is never cut: the ancestor has ended, and its capture covers that part.
 */
function beyondFrom(
  { path, generation, base }: TranscriptFile,
  { covered, isOnlyReported = false }: CutOptions,
): number | null {
  const before = covered.find((file) => file.path === path);
  const floor = isOnlyReported ? 0 : base;
  if (!before) return floor;
  // A length of an ancestor's file may have another generation. It ends before the own part does.
  if (before.generation !== generation && before.length > floor) return null;
  return Math.max(before.length, floor);
}

function timeOf(line: string): string | undefined {
  try {
    return asString(asObject(JSON.parse(line))?.['timestamp']);
  } catch {
    return undefined;
  }
}

/** Follows the calls of one file. */
interface CallTracker {
  /**
   * Takes the next line. Returns null if it shows nothing that may have changed files, else the
   * summaries of the calls that it shows.
   */
  observe(use: ToolUse | null): string[] | null;
}

function createCallTracker(): CallTracker {
  const known = new Map<string, { summary: string | null; isAnswered: boolean }>();

  function answers(use: ToolUse): string[] {
    // After a compaction the CLI appends old entries again. Their results are not new.
    const fresh = use.results.filter((id) => known.get(id)?.isAnswered !== true);
    for (const id of fresh) {
      const call = known.get(id);
      if (call) call.isAnswered = true;
    }
    return [...fresh, ...use.ended];
  }

  return {
    observe(use) {
      if (use === null) return [UNKNOWN_CALL];
      const shown: string[] = [];
      for (const call of use.calls) {
        if (known.has(call.id)) continue;
        const summary = mayChangeFiles(call.name) ? summarizeCall(call) : null;
        if (call.id !== '') known.set(call.id, { summary, isAnswered: false });
        if (summary !== null) shown.push(summary);
      }
      for (const id of answers(use)) {
        const { summary } = known.get(id) ?? { summary: UNKNOWN_CALL };
        if (summary !== null) shown.push(summary);
      }
      return shown.length > 0 ? shown : null;
    },
  };
}
