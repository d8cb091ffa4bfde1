import type { Event, EventStore } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import { findEventsBeyondTranscript } from '../../../../apps/worker/src/attempt/events-beyond-transcript.ts';
import { makeSession } from '../../../support/factories.ts';

const UUID = '0197f0a0-7777-7000-8000-00000000000';

/** A prompt, a line that no transcript holds, or a message with this number. */
type EventKind = 'prompt' | 'init' | 'result' | number;

function event(text: EventKind, seq: number): Event {
  const common = { session_id: 's', seq, attempt: 1, fence: 1, created_at: new Date(0) };
  if (text === 'prompt') return { ...common, type: 'user', subtype: 'prompt', raw: '{}' };
  if (text === 'init') return { ...common, type: 'system', subtype: 'init', raw: '{}' };
  if (text === 'result') return { ...common, type: 'result', raw: '{}' };
  const raw = JSON.stringify({ type: 'assistant', uuid: `${UUID}${text}` });
  return { ...common, type: 'assistant', raw };
}

/** A read-only event store over a list. */
function storeOf(words: EventKind[]): EventStore {
  const events = words.map((text, index) => event(text, index + 1));
  const unused = () => Promise.reject(new Error('only read'));
  return {
    insert: unused,
    clearAbove: unused,
    page: async ({ after, upTo, limit }) => events.slice(after, Math.min(upTo, after + limit)),
  };
}

function look(words: EventKind[], held: { prompt: boolean; messages: number[] }, supersededTo = 0) {
  const superseded = supersededTo === 0 ? [] : [{ from: 1, to: supersededTo }];
  const session = makeSession({ last_event_seq: words.length, superseded });
  const uuids = new Set(held.messages.map((message) => `${UUID}${message}`));
  return findEventsBeyondTranscript(storeOf(words), session, { uuids, prompt: held.prompt });
}

const CASES: [string, EventKind[], { prompt: boolean; messages: number[] }, object | null][] = [
  [
    'none if the transcript holds the last message',
    ['prompt', 'init', 1],
    { prompt: true, messages: [1] },
    null,
  ],
  [
    'the messages that were not saved',
    ['prompt', 'init', 1, 2, 3],
    { prompt: true, messages: [1] },
    { from: 4, to: 5, losesMessages: true },
  ],
  [
    'all events if the prompt was not saved',
    ['prompt', 'init', 1],
    { prompt: false, messages: [] },
    { from: 1, to: 3, losesMessages: true },
  ],
  [
    'the events after the prompt if only the prompt was saved',
    ['prompt', 'init'],
    { prompt: true, messages: [] },
    { from: 2, to: 2, losesMessages: false },
  ],
  [
    'also the lost messages before a later prompt',
    ['prompt', 'init', 1, 2, 3, 'prompt', 'init'],
    { prompt: true, messages: [1] },
    { from: 4, to: 7, losesMessages: true },
  ],
  [
    'all events after the first prompt if the transcript has lost all messages since',
    ['prompt', 'init', 1, 2, 'prompt', 'init', 'prompt'],
    { prompt: true, messages: [] },
    { from: 2, to: 7, losesMessages: true },
  ],
  [
    'none if only another prompt follows a message that the transcript holds',
    ['prompt', 'init', 1, 'prompt'],
    { prompt: true, messages: [1] },
    null,
  ],
  [
    'a result line after the last message, without a lost message',
    ['prompt', 'init', 1, 'result'],
    { prompt: true, messages: [1] },
    { from: 4, to: 4, losesMessages: false },
  ],
];

describe('the events beyond a restored transcript are', () => {
  test.each(CASES)('%s', async (_, words, held, expected) => {
    expect(await look(words, held)).toEqual(expected);
  });

  test('not searched for among events that are already superseded', async () => {
    const words: EventKind[] = ['prompt', 'init', 1, 'prompt', 'init'];
    expect(await look(words, { prompt: false, messages: [1] }, 3)).toEqual({
      from: 4,
      to: 5,
      losesMessages: false,
    });
    expect(await look(words, { prompt: false, messages: [] }, 5)).toBeNull();
  });

  test('found before superseded events if the transcript has since lost events', async () => {
    const words: EventKind[] = ['prompt', 1, 2, 3, 4, 'prompt', 'init'];
    const session = makeSession({ last_event_seq: 7, superseded: [{ from: 4, to: 5 }] });
    const lost = await findEventsBeyondTranscript(storeOf(words), session, {
      uuids: new Set(),
      prompt: false,
    });
    expect(lost).toEqual({ from: 1, to: 7, losesMessages: true });
    const uuids = new Set([`${UUID}1`]);
    const kept = await findEventsBeyondTranscript(storeOf(words), session, { uuids, prompt: true });
    expect(kept).toEqual({ from: 3, to: 7, losesMessages: true });
  });

  test('found even if more than one page of lines follows', async () => {
    const lost = Array.from({ length: 700 }, (): EventKind => 'init');
    expect(await look(['prompt', 1, ...lost, 2], { prompt: true, messages: [1] })).toEqual({
      from: 3,
      to: 703,
      losesMessages: true,
    });
  });
});
