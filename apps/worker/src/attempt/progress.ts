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

/** The trackers that follow the output lines of one process. */
export interface RunTrackers {
  claudeSession: ClaudeSessionIdTracker;
  meter: Meter;
  work: PendingWork;
}

/** The progress of an attempt, as the session document stores it. */
export interface AttemptProgress {
  /** Makes the progress follow the trackers of a process that is about to start. */
  follow(trackers: RunTrackers): void;
  /** Returns the fields that the recorder writes with its next commit. */
  current(): Progress;
  /** Returns what the session has spent in its earlier attempts and this attempt. */
  totals(): Totals;
}

/**
 * Creates the progress of an attempt. Until `follow` is called, the progress holds what earlier
 * attempts left.
 */
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
        // If this worker dies, the next worker concludes the session from the stored result. So an
        // interim result is never stored.
        ...defined({
          last_result: result ? (trackers?.work.isInterim() ? null : result) : undefined,
        }),
      };
    },
    totals,
  };
}
