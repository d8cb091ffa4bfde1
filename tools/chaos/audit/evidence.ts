import type { Event, Session } from '@baton/core/internal';
import type { MarkLine } from '../../../test/fake-claude/marks.ts';
import type { WorkerEnd } from '../worker-pool.ts';

/** All that a run left, and all that was seen of it: what the audit judges by, and nothing else. */
export interface Evidence {
  /** Every session that was asked for, with the marks it was to leave. */
  planned: ReadonlyMap<string, { marks: number }>;
  /** Sessions whose cancel was asked for; true where Baton said yes. */
  cancels: ReadonlyMap<string, boolean>;
  /** Every document. */
  sessions: ReadonlyMap<string, Session>;
  /** Every stored event of a session by `seq`, those above its `last_event_seq` included. */
  events: ReadonlyMap<string, readonly Event[]>;
  /** The texts of the assistant in each session's own main transcript; an error where it does not restore. */
  transcripts: ReadonlyMap<string, readonly string[] | Error>;
  /** What each session left in its working directory. */
  directories: ReadonlyMap<string, readonly MarkLine[]>;
  /** Events that a reader was shown meanwhile, see watch.ts. */
  shown: ReadonlyMap<string, ReadonlyMap<number, string>>;
  /** Documents when they were first seen terminal. */
  finals: ReadonlyMap<string, Session>;
  /** Command lines of processes that carry the marker of a run, after all workers have gone. */
  processes: readonly string[];
  /** Folders of attempts that still lie there. */
  folders: readonly string[];
  workers: readonly WorkerEnd[];
}

/** One thing that does not hold. */
export interface Violation {
  check: string;
  session?: string;
  problem: string;
}

/** A check: what it finds wrong, one sentence each, by session where it is one's. */
export type Check = (evidence: Evidence) => Iterable<Omit<Violation, 'check'>>;

/** The events that readers see: those up to `last_event_seq`. */
export function committed({ sessions, events }: Evidence, id: string): readonly Event[] {
  const last = sessions.get(id)?.last_event_seq ?? 0;
  return (events.get(id) ?? []).filter(({ seq }) => seq <= last);
}

/** The committed events that count: those that no later attempt marked superseded. */
export function counting(evidence: Evidence, id: string): readonly Event[] {
  const ranges = evidence.sessions.get(id)?.superseded ?? [];
  return committed(evidence, id).filter(
    ({ seq }) => !ranges.some(({ from, to }) => seq >= from && seq <= to),
  );
}
