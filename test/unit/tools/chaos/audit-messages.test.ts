import type { Event, MessageView } from '@baton/core/internal';
import { expect, test } from 'vitest';
import type { Evidence } from '../../../../tools/chaos/audit/evidence.ts';
import { audit } from '../../../../tools/chaos/audit.ts';
import type { AnsweredMessage } from '../../../../tools/chaos/messages.ts';
import { messageText, numbersIn } from '../../../../tools/chaos/numbered-message.ts';
import { at, goodEvents, goodSession, ID, makeEvidence, markEvent } from './evidence.ts';

const textOf = (n: number) => messageText(n, { id: ID, marks: 3, turnMs: 1 });
const idOf = (n: number) => `0197f0a0-aaaa-4000-8000-00000000000${n}`;

/** The event that shows message 1, of this attempt. */
function shown(seq: number, attempt: number, second: number): Event {
  const message = { content: [{ type: 'text', text: textOf(1) }] };
  const raw = JSON.stringify({ type: 'user', message, uuid: idOf(1) });
  return { ...markEvent(seq, attempt, 1, second), type: 'user', subtype: 'message', raw };
}

function view(n: number, fields: Partial<MessageView>): MessageView {
  return {
    id: idOf(n),
    session_id: ID,
    content: textOf(n),
    priority: 'next',
    status: 'delivered',
    created_at: at(1).toISOString(),
    ...fields,
  };
}

const VIEWS = [
  view(1, { seq: 5 }),
  view(2, { status: 'cancelled' }),
  view(3, { status: 'undelivered' }),
];

const accepted = (n: number, isTakenBack = false): AnsweredMessage => ({
  n,
  session: ID,
  answer: { id: idOf(n) },
  isTakenBack,
});
const MESSAGES: AnsweredMessage[] = [
  accepted(1),
  accepted(2, true),
  accepted(3),
  { n: 4, session: ID, answer: { refused: 'SESSION_TERMINAL' }, isTakenBack: false },
];

/** A cancelled session. Message 1 was delivered, 2 taken back, 3 not delivered, and 4 refused. */
function evidence(
  changes: Partial<Evidence> = {},
  status: 'cancelled' | 'completed' = 'cancelled',
) {
  const session = goodSession({ status, last_event_seq: 5 });
  return makeEvidence({
    cancels: new Map([[ID, true]]),
    sessions: new Map([[ID, session]]),
    finals: new Map([[ID, session]]),
    events: new Map([[ID, [...goodEvents(), shown(5, 2, 24)]]]),
    messages: MESSAGES,
    said: new Map([[ID, [1]]]),
    views: new Map([[ID, VIEWS]]),
    undelivered: new Map([[ID, [idOf(3)]]]),
    ...changes,
  });
}
const said = (...numbers: number[]) => ({ said: new Map([[ID, numbers]]) });
const views = (...changed: MessageView[]) => ({ views: new Map([[ID, changed]]) });

test('the number of a message is found in its text', () => {
  expect(numbersIn(['Play this.', textOf(12), `not at the start: ${textOf(3)}`])).toEqual([12]);
});

test('the audit finds no violation if each message is where its status says', () => {
  expect(audit(evidence())).toEqual([]);
});

test('the audit accepts a superseded event of a message that was delivered again', () => {
  const [first, , third, fourth] = goodEvents();
  const events = [first, shown(2, 1, 3), third, fourth, shown(5, 2, 24)] as Event[];
  expect(audit(evidence({ events: new Map([[ID, events]]), shown: new Map() }))).toEqual([]);
});

test.for<[string, string, Partial<Evidence>]>([
  ['an accepted message in no list', 'messages exactly once', views(...VIEWS.slice(1))],
  [
    'a message that is still queued',
    'messages exactly once',
    { ...views(...VIEWS.slice(0, 2), view(3, { status: 'queued' })), undelivered: new Map() },
  ],
  ['a delivered message that the transcript lacks', 'messages exactly once', said()],
  ['a message that the transcript has twice', 'messages exactly once', said(1, 1)],
  ['a cancelled message in the transcript', 'messages exactly once', said(1, 2)],
  [
    'an undelivered message in the transcript of another session',
    'messages exactly once',
    {
      said: new Map([
        [ID, [1]],
        ['other', [3]],
      ]),
    },
  ],
  [
    'a delivered message without an event',
    'messages shown once',
    {
      events: new Map([[ID, [...goodEvents(), { ...markEvent(5, 2, 3, 24), type: 'system' }]]]),
    },
  ],
  [
    'a delivered message that names another event',
    'messages shown once',
    views(view(1, { seq: 4 }), ...VIEWS.slice(1)),
  ],
  ['a refused message in the transcript', 'refused messages nowhere', said(1, 4)],
  [
    'a refused message in a list',
    'refused messages nowhere',
    { ...views(...VIEWS, view(4, { status: 'undelivered' })), undelivered: new Map() },
  ],
  [
    'a message that was taken back and is not cancelled',
    'messages reported as they are',
    { messages: MESSAGES.map((message) => ({ ...message, isTakenBack: message.n <= 2 })) },
  ],
  [
    'a cancelled message that nobody took back',
    'messages reported as they are',
    { messages: MESSAGES.map((message) => ({ ...message, isTakenBack: false })) },
  ],
  [
    'an undelivered message that Info leaves out',
    'messages reported as they are',
    {
      undelivered: new Map(),
    },
  ],
])('the audit finds %s', ([, check, changes]) => {
  expect(audit(evidence(changes)).map((violation) => violation.check)).toContain(check);
});

test('the audit finds a session that completed without one of its messages', () => {
  expect(audit(evidence({}, 'completed'))).toEqual([
    {
      check: 'messages reported as they are',
      session: ID,
      problem: `is completed without its message ${idOf(3)}`,
    },
  ]);
});
