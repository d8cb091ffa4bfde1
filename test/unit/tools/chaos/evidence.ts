// The evidence of a correct run, and functions with which a test can break one part of it.
import type { Event, Session } from '@baton/core/internal';
import type { Evidence } from '../../../../tools/chaos/audit/evidence.ts';
import { lineOf } from '../../../../tools/chaos/watch.ts';
import { type MarkLine, markText } from '../../../fake-claude/marks.ts';
import { makeSession } from '../../../support/factories.ts';

/** The one session of the run. */
export const ID = '0197f0a0-9999-4000-8000-000000000001';

/** How many marks the session leaves. */
const MARKS = 3;

/** Returns the time at this second of the run. */
export function at(second: number): Date {
  return new Date(Date.UTC(2026, 0, 1, 0, 0, second));
}

/** Returns an event with the mark `n` that an attempt recorded at this second. */
export function markEvent(seq: number, attempt: number, n: number, second: number): Event {
  const message = { content: [{ type: 'text', text: markText(ID, n) }] };
  return {
    session_id: ID,
    seq,
    attempt,
    fence: attempt,
    type: 'assistant',
    created_at: at(second),
    raw: JSON.stringify({ type: 'assistant', message }),
  };
}

/** Returns the line of the mark `n` in the working directory. */
export function markLine(n: number, pid: number, second: number): MarkLine {
  const began = pid * 1_000;
  return { n, host: 'h', pid, began, start: second * 1_000, end: second * 1_000 + 900 };
}

/**
 * Returns a completed session with two attempts. The first attempt left the marks 1 and 2 and died before
 * it saved mark 2 in the transcript. The second attempt left the marks 2 and 3. The pid of each process is
 * the second at which it began.
 */
export function goodSession(fields: Partial<Session> = {}): Session {
  const session = makeSession({ id: ID });
  const ended = { worker_id: 'w', host: 'h', outcome: 'completed' as const };
  return {
    ...session,
    status: 'completed',
    end_time: at(30),
    result: { subtype: 'success' } as NonNullable<Session['result']>,
    attempts: [
      { attempt: 1, fence: 1, ...ended, started_at: at(0), ended_at: at(20) },
      { attempt: 2, fence: 2, ...ended, started_at: at(20), ended_at: at(30) },
    ],
    last_event_seq: 4,
    superseded: [{ from: 2, to: 2 }],
    ...fields,
  };
}

/** Returns the events of `goodSession`. */
export function goodEvents(): Event[] {
  return [
    markEvent(1, 1, 1, 2),
    markEvent(2, 1, 2, 3),
    markEvent(3, 2, 2, 22),
    markEvent(4, 2, 3, 23),
  ];
}

/** Returns the evidence of a correct run, with the parts in `changes` replaced. */
export function makeEvidence(changes: Partial<Evidence> = {}): Evidence {
  const session = goodSession();
  const events = goodEvents();
  return {
    planned: new Map([[ID, { marks: MARKS }]]),
    cancels: new Map(),
    messages: [],
    said: new Map(),
    uncaptured: new Map(),
    views: new Map(),
    undelivered: new Map(),
    sessions: new Map([[ID, session]]),
    events: new Map([[ID, events]]),
    transcripts: new Map([[ID, [1, 2, 3].map((n) => markText(ID, n))]]),
    directories: new Map([
      [ID, [markLine(1, 1, 2), markLine(2, 1, 3), markLine(2, 21, 22), markLine(3, 21, 23)]],
    ]),
    shown: new Map([[ID, new Map(events.map((event) => [event.seq, lineOf(event)]))]]),
    finals: new Map([[ID, session]]),
    processes: [],
    folders: [],
    workers: [
      { name: 'worker-1', intent: 'kill', wasReady: true, code: null, signal: 'SIGKILL' },
      { name: 'worker-2', intent: 'drain', wasReady: true, code: 0, signal: null, drainMs: 100 },
      { name: 'worker-3', intent: 'no', wasReady: false, code: 1, signal: null },
    ],
    ...changes,
  };
}
