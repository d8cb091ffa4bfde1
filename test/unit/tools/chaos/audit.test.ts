import type { Event, Session } from '@baton/core/internal';
import { expect, test } from 'vitest';
import type { Evidence } from '../../../../tools/chaos/audit/evidence.ts';
import { audit } from '../../../../tools/chaos/audit.ts';
import { markText } from '../../../fake-claude/marks.ts';
import { at, goodEvents, goodSession, ID, makeEvidence, markEvent, markLine } from './evidence.ts';

const withSession = (fields: Partial<Session>): Partial<Evidence> => {
  const session = goodSession(fields);
  return { sessions: new Map([[ID, session]]), finals: new Map([[ID, session]]) };
};
const withEvents = (events: Event[], seen: Partial<Evidence> = { shown: new Map() }) => ({
  events: new Map([[ID, events]]),
  ...seen,
});
const replaced = (seq: number, event: Partial<Event>) =>
  goodEvents().map((one) => (one.seq === seq ? { ...one, ...event } : one));
const transcript = (...marks: number[]) => ({
  transcripts: new Map([[ID, marks.map((n) => markText(ID, n))]]),
});
const attempts = goodSession().attempts;

test('the audit finds no violation in a correct run', () => {
  expect(audit(makeEvidence())).toEqual([]);
});

test('the audit accepts a cancelled session that stopped half-way', () => {
  const cancelled = makeEvidence({
    ...withSession({ status: 'cancelled', last_event_seq: 3 }),
    ...withEvents(goodEvents().slice(0, 3)),
    ...transcript(1, 2),
    cancels: new Map([[ID, true]]),
  });
  expect(audit(cancelled)).toEqual([]);
});

test('the audit accepts a terminal session whose directory a continue took over', () => {
  const before = goodSession();
  const sessions = new Map([[ID, { ...before, workspace_heir: 'a' }]]);
  expect(audit(makeEvidence({ sessions, finals: new Map([[ID, before]]) }))).toEqual([]);
});

test('the audit accepts processes of one session that lived at the same time on two hosts', () => {
  const [one, two, three] = [markLine(1, 1, 2), markLine(2, 21, 22), markLine(3, 21, 23)];
  const late = { ...markLine(2, 1, 24), host: 'other' };
  const lines = [{ ...one, host: 'other' }, two, three, late];
  expect(audit(makeEvidence({ directories: new Map([[ID, lines]]) }))).toEqual([]);
});

test('the audit ignores events above last_event_seq because they were never committed', () => {
  const more = [...goodEvents(), markEvent(5, 1, 9, 3)];
  expect(audit(makeEvidence(withEvents(more)))).toEqual([]);
});

test.for<[string, string, Partial<Evidence>]>([
  ['a session without a document', 'none lost', { sessions: new Map(), events: new Map() }],
  ['a document that was not planned', 'none invented', { planned: new Map() }],
  ['a session that still runs', 'all terminal', withSession({ status: 'running' })],
  [
    'a terminal document that changed',
    'finals stay',
    { finals: new Map([[ID, goodSession({ status: 'cancelled' })]]) },
  ],
  [
    'a directory that went to two continues',
    'finals stay',
    {
      sessions: new Map([[ID, goodSession({ workspace_heir: 'b' })]]),
      finals: new Map([[ID, goodSession({ workspace_heir: 'a' })]]),
    },
  ],
  ['a failed session', 'outcomes', withSession({ status: 'failed' })],
  ['a cancel that was not requested', 'outcomes', withSession({ status: 'cancelled' })],
  [
    'an attempt without an end',
    'attempts in order',
    withSession({ attempts: attempts.map(({ ended_at: _, ...attempt }) => attempt) }),
  ],
  [
    'two attempts under one fence',
    'attempts in order',
    withSession({ attempts: attempts.map((attempt) => ({ ...attempt, fence: 1 })) }),
  ],
  [
    'an attempt that failed for another reason than a fault',
    'attempts fail only by faults',
    withSession({
      attempts: attempts.map((attempt) => ({
        ...attempt,
        failure: { code: 'KILLED', message: 'gone', retryable: true, attempt: 1, at: at(1) },
      })),
    }),
  ],
  [
    'an event of an older attempt after an event of a newer attempt',
    'no overlapping attempts',
    withEvents(replaced(4, { attempt: 1, fence: 1, created_at: at(4) })),
  ],
  [
    'an event that was made after the next attempt had begun',
    'no overlapping attempts',
    withEvents(replaced(2, { created_at: at(25) })),
  ],
  [
    'an event with the fence of another attempt',
    'no overlapping attempts',
    withEvents(replaced(4, { fence: 1 })),
  ],
  [
    'a gap in the seq of events',
    'seq without gap or duplicate',
    withEvents(goodEvents().filter(({ seq }) => seq !== 2)),
  ],
  [
    'a seq that occurs twice',
    'seq without gap or duplicate',
    withEvents([...goodEvents(), markEvent(2, 1, 2, 3)].sort((a, b) => a.seq - b.seq)),
  ],
  [
    'a last event that is missing',
    'seq without gap or duplicate',
    withEvents(goodEvents().slice(0, 3)),
  ],
  [
    'a shown event that is missing now',
    'acknowledged events stay',
    { shown: new Map([[ID, new Map([[5, 'shown']])]]) },
  ],
  [
    'a shown event that has changed',
    'acknowledged events stay',
    { shown: new Map([[ID, new Map([[4, 'shown']])]]) },
  ],
  ['a mark that is valid twice', 'marks exactly once', withSession({ superseded: [] })],
  [
    'a mark that is valid in no attempt',
    'marks exactly once',
    withSession({ superseded: [{ from: 2, to: 3 }] }),
  ],
  [
    'a last mark that is missing',
    'marks exactly once',
    withSession({ superseded: [{ from: 4, to: 4 }] }),
  ],
  ['a transcript with the same mark twice', 'transcripts whole', transcript(1, 2, 2, 3)],
  ['a transcript that lacks a mark', 'transcripts whole', transcript(1, 2)],
  [
    'a transcript that cannot be restored',
    'transcripts whole',
    { transcripts: new Map([[ID, new Error('corrupt')]]) },
  ],
  [
    'a recorded mark that is missing in the working directory',
    'marks in working directories',
    { directories: new Map([[ID, [markLine(1, 1, 2), markLine(2, 1, 3)]]]) },
  ],
  [
    'two processes that ran at the same time',
    'one live process at a time',
    {
      directories: new Map([
        [ID, [markLine(1, 1, 2), markLine(2, 21, 22), markLine(3, 21, 23), markLine(2, 1, 24)]],
      ]),
    },
  ],
  ['a process that is left', 'no process left', { processes: ['1 sleep'] }],
  ['a folder that is left', 'no folder left', { folders: ['baton-run-1'] }],
  [
    'a drained worker that had to be killed',
    'workers end as requested',
    {
      workers: [
        { name: 'w', intent: 'drain', wasReady: true, code: null, signal: 'SIGKILL', drainMs: 9 },
      ],
    },
  ],
  [
    'a worker that ended unexpectedly',
    'workers end as requested',
    { workers: [{ name: 'w', intent: 'no', wasReady: true, code: 1, signal: null }] },
  ],
])('the audit finds %s', ([_name, check, changes]) => {
  expect(audit(makeEvidence(changes)).map((one) => one.check)).toContain(check);
});
