import type { Capture } from './workspace.ts';

// No object of git has this name, so it can stand for an empty workspace, which needs no pack.
const NOTHING = '0'.repeat(40);

/**
 * Returns the capture of an empty workspace. A new conversation begins with it. So if its first host is lost before the
 * first real capture, the files are known: there were none.
 *
 * @param transcript The lengths of the transcript files that the session inherits.
 */
export function captureNothing(
  taken_at: Date,
  attempt: number,
  transcript: Capture['transcript'],
): Capture {
  return {
    commit: NOTHING,
    packs: [],
    taken_at,
    attempt,
    files: 0,
    bytes: 0,
    left_out: 0,
    transcript,
  };
}

/** Returns whether a capture is that of an empty workspace without any pack. */
export function isNothingCaptured({ commit }: Pick<Capture, 'commit'>): boolean {
  return commit === NOTHING;
}
