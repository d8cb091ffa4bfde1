import type { Event, MessageView, Session } from '@baton/core/internal';
import type { MarkLine } from '../../../test/fake-claude/marks.ts';
import type { AnsweredMessage } from '../messages.ts';
import type { WorkerEnd } from '../worker-pool.ts';

/** Everything that a run left, and everything that its reader saw. The audit uses nothing else. */
export interface Evidence {
  /**
   * Every session that was launched, with the number of its planned marks
   * (test/fake-claude/marks.ts).
   */
  planned: ReadonlyMap<string, { marks: number }>;
  /** The sessions that a client cancelled: true if Baton accepted the cancel. */
  cancels: ReadonlyMap<string, boolean>;
  /** Every message that was answered. */
  messages: readonly AnsweredMessage[];
  /** Every session document. */
  sessions: ReadonlyMap<string, Session>;
  /** Every stored event of a session, by `seq`. This includes events above its `last_event_seq`. */
  events: ReadonlyMap<string, readonly Event[]>;
  /** The assistant's texts in each session's own main transcript, or the error if it cannot be restored. */
  transcripts: ReadonlyMap<string, readonly string[] | Error>;
  /** The numbers of the messages in each session's own main transcript, in its order. */
  said: ReadonlyMap<string, readonly number[]>;
  /** The messages that each session lists to callers. */
  views: ReadonlyMap<string, readonly MessageView[]>;
  /** The ids of the undelivered messages in each session's Info. */
  undelivered: ReadonlyMap<string, readonly string[]>;
  /** The marks that each session left in its working directory, on any disk. */
  directories: ReadonlyMap<string, readonly MarkLine[]>;
  /**
   * The marks in the files of each session's newest capture, by the names of the marks, or the error if it cannot be
   * restored. Absent if all workers share one disk.
   */
  workspaces?: ReadonlyMap<string, ReadonlyMap<string, readonly number[]> | Error>;
  /** The assistant's texts in each session's own main transcript that its newest capture does not cover. */
  uncaptured: ReadonlyMap<string, readonly string[]>;
  /** The events that a reader was shown during the run, see watch.ts. */
  shown: ReadonlyMap<string, ReadonlyMap<number, string>>;
  /** Each session document at the time when a reader first saw that the session was terminal. */
  finals: ReadonlyMap<string, Session>;
  /** The command lines of processes that still carry a marker after all workers have ended. */
  processes: readonly string[];
  /** The folders of attempts that still exist. */
  folders: readonly string[];
  workers: readonly WorkerEnd[];
}

/** A problem that a check found. */
export interface Violation {
  check: string;
  session?: string;
  problem: string;
}

/**
 * A check. It yields the problems that it finds, one sentence each, with the session if the problem
 * belongs to a session.
 */
export type Check = (evidence: Evidence) => Iterable<Omit<Violation, 'check'>>;

/** Returns the events that readers see: all events up to `last_event_seq`. */
export function committed({ sessions, events }: Evidence, id: string): readonly Event[] {
  const last = sessions.get(id)?.last_event_seq ?? 0;
  return (events.get(id) ?? []).filter(({ seq }) => seq <= last);
}

/** Returns the committed events that no later attempt superseded. */
export function counting(evidence: Evidence, id: string): readonly Event[] {
  const ranges = evidence.sessions.get(id)?.superseded ?? [];
  return committed(evidence, id).filter(
    ({ seq }) => !ranges.some(({ from, to }) => seq >= from && seq <= to),
  );
}
