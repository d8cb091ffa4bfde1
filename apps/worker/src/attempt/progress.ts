import {
  addTotals,
  claudeIdOf,
  defined,
  NO_TOTALS,
  type Progress,
  type Session,
  type Totals,
} from '@baton/core/internal';
import type { ClaudeSessionIdTracker } from '../claude/claude-session-id.ts';
import type { Meter } from '../claude/meter.ts';
import type { PendingWork } from '../claude/pending-work.ts';

/** What follows the lines of one process. */
export interface RunTrackers {
  claudeSession: ClaudeSessionIdTracker;
  meter: Meter;
  work: PendingWork;
}

/** How far an attempt has come, as its session's document stores it. */
export interface AttemptProgress {
  /** The process is about to start: from now on the progress is what its trackers say. */
  follow(trackers: RunTrackers): void;
  /** The fields that the recorder writes with its next commit. */
  current(): Progress;
  /** What the session has spent: its earlier attempts and this one. */
  totals(): Totals;
}

/** The progress of an attempt that has no process yet: what earlier attempts of the session left. */
export function createAttemptProgress(session: Session): AttemptProgress {
  let trackers: RunTrackers | null = null;

  function totals(): Totals {
    return addTotals(session.totals, trackers?.meter.totals() ?? NO_TOTALS);
  }

  return {
    follow(ofProcess) {
      trackers = ofProcess;
    },
    current() {
      const result = trackers?.meter.result();
      return {
        totals: totals(),
        claude_session_id: trackers?.claudeSession.id() ?? claudeIdOf(session),
        // A stored result concludes the session should this worker die: an interim one must not be there.
        ...defined({
          last_result: result ? (trackers?.work.isInterim() ? null : result) : undefined,
        }),
      };
    },
    totals,
  };
}
