import type { Event, EventStore, Result, Session } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import { readHistory } from '../../../../apps/worker/src/attempt/history.ts';
import { NOTHING_RESTORED } from '../../../../apps/worker/src/transcript/restore.ts';
import { untrackedFile } from '../../../../apps/worker/src/transcript/tracked-file.ts';
import { makeSession } from '../../../support/factories.ts';

const UUID = '0197f0a0-7777-7000-8000-000000000001';

const MESSAGE = '0197f0a0-7777-7000-8000-000000000002';
const TAKEN = JSON.stringify({ type: 'user', uuid: MESSAGE, message: { content: 'and?' } });

const answer: Result = {
  type: 'result',
  subtype: 'success',
  is_error: false,
  num_turns: 1,
  result: 'done',
};

const notFound: Result = {
  ...answer,
  subtype: 'error_during_execution',
  is_error: true,
  errors: ['No conversation found with session ID: 4b0c'],
};

const started = { worker_id: 'w', host: 'h', started_at: new Date(0) };
const CRASHED = {
  code: 'CRASHED',
  message: 'gone',
  retryable: true,
  attempt: 1,
  at: new Date(0),
} as const;

/** A session in its second attempt; the first recorded a prompt, an init line, a message and a result line. */
function again(fields: Partial<Session> = {}): Session {
  return makeSession({
    last_event_seq: 4,
    attempts: [
      { ...started, attempt: 1, fence: 1, failure: CRASHED },
      { ...started, attempt: 2, fence: 2 },
    ],
    ...fields,
  });
}

const common = { session_id: 's', attempt: 1, fence: 1, created_at: new Date(0) };
const EVENTS: Event[] = [
  { ...common, seq: 1, type: 'user', subtype: 'prompt', raw: '{}' },
  { ...common, seq: 2, type: 'system', subtype: 'init', raw: '{}' },
  { ...common, seq: 3, type: 'assistant', raw: `{"type":"assistant","uuid":"${UUID}"}` },
  { ...common, seq: 4, type: 'result', raw: '{}' },
];

const events: EventStore = {
  insert: () => Promise.reject(new Error('only read')),
  clearAbove: () => Promise.reject(new Error('only read')),
  page: async ({ after, upTo, limit }) => EVENTS.slice(after, Math.min(upTo, after + limit)),
};

const file = untrackedFile('a.jsonl');
const complete = {
  ...NOTHING_RESTORED,
  files: [file],
  holdsPrompt: true,
  uuids: new Set([UUID]),
};
const partial = { ...complete, uuids: new Set<string>() };

describe('the history of earlier attempts', () => {
  test('is empty for a first attempt', async () => {
    const first = again({ attempts: [{ ...started, attempt: 1, fence: 1 }] });
    expect(await readHistory(events, first, NOTHING_RESTORED)).toEqual({
      amends: {},
      answer: null,
      unrecorded: [],
    });
  });

  test('holds the answer if its result was committed and the transcript holds the whole turn', async () => {
    const session = again({ last_result: answer });
    expect(await readHistory(events, session, complete)).toMatchObject({ amends: {}, answer });
  });

  test('holds an answer that came after a message that is still pending', async () => {
    const session = again({ last_result: answer, pending_messages: [{ id: MESSAGE, bytes: 1 }] });
    const message = { role: 'assistant', content: [{ type: 'text', text: 'yes' }] };
    const reply = JSON.stringify({ type: 'assistant', uuid: UUID, message });
    const restored = { ...complete, uuids: new Set([UUID, MESSAGE]), messages: [TAKEN, reply] };
    expect(await readHistory(events, session, restored)).toMatchObject({ answer });
  });

  test.each([
    ['the transcript does not hold the whole turn', again({ last_result: answer }), partial],
    ['no result was committed', again(), complete],
    [
      'the CLI did not find the transcript and its worker died before it returned the session',
      again({ last_result: notFound }),
      complete,
    ],
    [
      'the transcript ends in a message of a caller that is still pending',
      again({ last_result: answer, pending_messages: [{ id: MESSAGE, bytes: 1 }] }),
      { ...complete, uuids: new Set([UUID, MESSAGE]), messages: [TAKEN] },
    ],
    [
      'the prompt was not saved',
      again({ last_result: answer }),
      { ...complete, holdsPrompt: false },
    ],
  ])('holds no answer if %s', async (_, session, restored) => {
    expect((await readHistory(events, session, restored)).answer).toBeNull();
  });

  test('adds the events beyond the transcript to the superseded events', async () => {
    const session = again({ superseded: [{ from: 1, to: 1 }] });
    const { amends } = await readHistory(events, session, partial);
    expect(amends.superseded).toEqual([
      { from: 1, to: 1 },
      { from: 2, to: 4 },
    ]);
  });

  test('supersedes everything if a crash restarts the session', async () => {
    const session = again({
      last_result: answer,
      superseded: [{ from: 2, to: 2 }],
      config: { query: 'hi', recovery: { on_crash: 'restart' } },
    });
    expect(await readHistory(events, session, NOTHING_RESTORED)).toEqual({
      amends: { superseded: [{ from: 1, to: 4 }], transcript: { files: [] } },
      answer: null,
      unrecorded: [],
    });
  });

  describe('whose transcript was cut', () => {
    const kept = { ...untrackedFile('b.jsonl'), length: 7 };
    const cut = { ...complete, files: [kept, { ...file, length: 5 }], isCut: true };

    test('holds no answer, and the manifest names what was kept', async () => {
      const { answer: found, amends } = await readHistory(
        events,
        again({ last_result: answer }),
        cut,
      );
      expect(found).toBeNull();
      expect(amends.transcript?.files).toMatchObject([
        { path: 'a.jsonl', length: 5 },
        { path: 'b.jsonl', length: 7 },
      ]);
    });

    test('supersedes the events of what was cut', async () => {
      const { amends } = await readHistory(events, again(), { ...cut, uuids: new Set() });
      expect(amends.superseded).toEqual([{ from: 2, to: 4 }]);
    });

    test('names no file if nothing was kept', async () => {
      const nothing = { ...NOTHING_RESTORED, isCut: true };
      const { amends } = await readHistory(events, again({ last_result: answer }), nothing);
      expect(amends).toEqual({ superseded: [{ from: 1, to: 4 }], transcript: { files: [] } });
    });
  });
});
