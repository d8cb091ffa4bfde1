import type { Event, EventStore } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import { findUnrecordedMessages } from '../../../../apps/worker/src/attempt/unrecorded-messages.ts';
import { createRecentMessages } from '../../../../apps/worker/src/transcript/recent-messages.ts';
import { makeSession } from '../../../support/factories.ts';

const uuid = (n: number) => `0197f0a0-7777-7000-8000-${String(n).padStart(12, '0')}`;

/** A transcript entry of a message with this number. */
function entry(n: number, fields: object = {}): string {
  const content = [{ type: 'text', text: `said ${n}` }];
  const message = { role: 'assistant', content };
  return JSON.stringify({ parentUuid: null, type: 'assistant', message, uuid: uuid(n), ...fields });
}

const toolResult = (n: number) =>
  entry(n, { type: 'user', message: { content: [{ type: 'tool_result', content: 'ok' }] } });

/** A store of events for these message numbers; null is a line that no transcript holds. */
function storeOf(numbers: (number | null)[]): EventStore {
  const common = { session_id: 's', attempt: 1, fence: 1, created_at: new Date(0) };
  const events = numbers.map((n, index): Event => {
    if (n === null) return { ...common, seq: index + 1, type: 'system', raw: '{}' };
    return { ...common, seq: index + 1, type: 'assistant', raw: entry(n) };
  });
  const unused = () => Promise.reject(new Error('only read'));
  return {
    insert: unused,
    clearAbove: unused,
    page: async ({ after, upTo, limit }) => events.slice(after, Math.min(upTo, after + limit)),
  };
}

async function look(recorded: (number | null)[], entries: string[]): Promise<unknown[]> {
  const session = makeSession({ last_event_seq: recorded.length });
  const lines = await findUnrecordedMessages(storeOf(recorded), session, entries);
  return lines.map(({ raw }) => (JSON.parse(raw) as { uuid: string }).uuid);
}

describe('the unrecorded messages of a transcript are', () => {
  test.each<[string, (number | null)[], string[], number[]]>([
    ['none if the last message has an event', [null, 1, 2], [entry(1), entry(2)], []],
    [
      'the messages after the last message with an event',
      [null, 1],
      [entry(1), entry(2), entry(3)],
      [2, 3],
    ],
    ['all messages if no message has an event', [null, null], [entry(1), entry(2)], [1, 2]],
    ['all messages if there is no event', [], [entry(1)], [1]],
    ['tool results as well', [1], [entry(1), toolResult(2)], [2]],
    [
      'not affected by events beyond the transcript, which are superseded',
      [1, 7, 8],
      [entry(1), entry(2)],
      [2],
    ],
    [
      'without prompts and without messages of sub-agents',
      [1],
      [
        entry(1),
        entry(2, { type: 'user', message: { content: 'go on' } }),
        entry(3, { type: 'user', message: { content: [{ type: 'text', text: 'go on' }] } }),
        entry(4, { isSidechain: true }),
      ],
      [],
    ],
    [
      'found even if more events than one page follow',
      [1, ...Array.from({ length: 300 }, () => null)],
      [entry(1), entry(2)],
      [2],
    ],
  ])('%s', async (_name, recorded, entries, expected) => {
    expect(await look(recorded, entries)).toEqual(expected.map(uuid));
  });

  test('returned as stream lines', async () => {
    const session = makeSession({ last_event_seq: 0 });
    const [line] = await findUnrecordedMessages(storeOf([]), session, [entry(1)]);
    expect(line).toMatchObject({ type: 'assistant', bytes: line?.raw.length });
    expect(JSON.parse(line?.raw ?? '')).toEqual({
      type: 'assistant',
      message: { role: 'assistant', content: [{ type: 'text', text: 'said 1' }] },
      parent_tool_use_id: null,
      session_id: session.root_session_id,
      uuid: uuid(1),
    });
  });
});

describe('the recent messages of a transcript', () => {
  test('are the newest messages, without other entries', () => {
    const recent = createRecentMessages();
    for (let n = 1; n <= 20_000; n += 1) {
      recent.observe(entry(n));
      recent.observe('{"type":"cost-state"}');
    }
    expect(recent.lines()).toHaveLength(4_096);
    expect(recent.lines().at(-1)).toBe(entry(20_000));
  });

  test('use limited memory', () => {
    const recent = createRecentMessages();
    const more = 'x'.repeat(1024 * 1024);
    // The long text is added as text, because each JSON.stringify of it takes milliseconds.
    for (let n = 1; n <= 100; n += 1) recent.observe(`${entry(n).slice(0, -1)},"more":"${more}"}`);
    expect(recent.lines().length).toBeLessThan(17);
  });
});
