import { type Event, newId } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { test } from '../stores.ts';

function makeEvents(sessionId: string, from: number, to: number, fields: Partial<Event> = {}) {
  return Array.from(
    { length: to - from + 1 },
    (_, i): Event => ({
      session_id: sessionId,
      seq: from + i,
      attempt: 1,
      fence: 1,
      type: 'assistant',
      created_at: new Date(Date.UTC(2026, 0, 1)),
      raw: `{"type":"assistant","n":${from + i}}`,
      ...fields,
    }),
  );
}

const everything = { after: 0, upTo: 1e6, limit: 1000 };

describe('inserting events', () => {
  test('stores them exactly and in order', async ({ stores: { events } }) => {
    const sessionId = newId();
    const lines = [
      '{"a.b":{"$c":1}}',
      '{"\\u0000":"\\ud800"}',
      'not json, é 😀',
      `"${'x'.repeat(9e5)}"`,
    ];
    const all = lines.map((raw, i) => ({
      ...makeEvents(sessionId, i + 1, i + 1)[0],
      subtype: 'init',
      raw,
      raw_bytes: 5,
    })) as Event[];
    await events.insert(all.toReversed());
    expect(await events.page({ sessionId, ...everything })).toEqual(all);
  });

  test('changes nothing when it is repeated under the same fence', async ({
    stores: { events },
  }) => {
    const sessionId = newId();
    const all = makeEvents(sessionId, 1, 5);
    await events.insert(all.slice(0, 3));
    await events.insert(all);
    await events.insert(all);
    expect(await events.page({ sessionId, ...everything })).toEqual(all);
  });

  test('replaces events of an older fence', async ({ stores: { events } }) => {
    const sessionId = newId();
    const kept = makeEvents(sessionId, 1, 2);
    await events.insert([...kept, ...makeEvents(sessionId, 3, 6, { raw: 'left over' })]);
    const next = makeEvents(sessionId, 3, 5, { fence: 2, attempt: 2 });
    await events.insert(next);
    expect(await events.page({ sessionId, after: 0, upTo: 5, limit: 10 })).toEqual([
      ...kept,
      ...next,
    ]);
  });

  test('is refused if a newer fence wrote the events, and the newer events stay', async ({
    stores: { events },
  }) => {
    const sessionId = newId();
    const newer = makeEvents(sessionId, 1, 3, { fence: 2, attempt: 2 });
    await events.insert(newer);
    await expect(events.insert(makeEvents(sessionId, 1, 3))).rejects.toMatchObject({
      code: 'FENCE_LOST',
    });
    expect(await events.page({ sessionId, ...everything })).toEqual(newer);
  });

  test('does nothing for an empty list', async ({ stores: { events } }) => {
    await expect(events.insert([])).resolves.toBeUndefined();
  });

  test('keeps the events of two sessions apart', async ({ stores: { events } }) => {
    const [a, b] = [newId(), newId()];
    await events.insert([...makeEvents(a, 1, 2), ...makeEvents(b, 1, 1)]);
    expect(await events.page({ sessionId: b, ...everything })).toHaveLength(1);
  });
});

describe('a page of events', () => {
  test.for([
    [{ after: 0, upTo: 25, limit: 10 }, 1, 10],
    [{ after: 10, upTo: 25, limit: 10 }, 11, 20],
    [{ after: 20, upTo: 25, limit: 10 }, 21, 25],
    [{ after: 0, upTo: 5, limit: 10 }, 1, 5],
    [{ after: 4, upTo: 5, limit: 1 }, 5, 5],
  ] as const)(
    'for %o holds the events %i to %i',
    async ([range, from, to], { stores: { events } }) => {
      const sessionId = newId();
      await events.insert(makeEvents(sessionId, 1, 30));
      const page = await events.page({ sessionId, ...range });
      expect(page.map((event) => event.seq)).toEqual(
        Array.from({ length: to - from + 1 }, (_, i) => from + i),
      );
    },
  );

  test.for([
    { after: 5, upTo: 5, limit: 10 },
    { after: 9, upTo: 5, limit: 10 },
    { after: 0, upTo: 0, limit: 10 },
  ])('for %o is empty', async (range, { stores: { events } }) => {
    const sessionId = newId();
    await events.insert(makeEvents(sessionId, 1, 10));
    expect(await events.page({ sessionId, ...range })).toEqual([]);
  });
});

describe('clearAbove', () => {
  test('removes all events above a number and none below', async ({ stores: { events } }) => {
    const sessionId = newId();
    await events.insert(makeEvents(sessionId, 1, 2300));
    await events.clearAbove(sessionId, 10, 2);
    expect(await events.page({ sessionId, ...everything })).toHaveLength(10);
    expect(await events.page({ sessionId, after: 1300, upTo: 2300, limit: 1000 })).toEqual([]);
  });

  test('removes no events of a newer fence', async ({ stores: { events } }) => {
    const sessionId = newId();
    await events.insert(makeEvents(sessionId, 1, 3, { fence: 1 }));
    const newer = makeEvents(sessionId, 4, 8, { fence: 3, attempt: 3 });
    await events.insert(newer);
    await events.clearAbove(sessionId, 3, 2);
    expect(await events.page({ sessionId, after: 3, upTo: 100, limit: 100 })).toEqual(newer);
  });
});

describe('a page of events with a byte limit', () => {
  test('ends early, always holds at least one event, and can be continued from its last event', async ({
    stores,
  }) => {
    const id = newId();
    const raw = 'x'.repeat(300_000);
    await stores.events.insert(makeEvents(id, 1, 100, { raw }));
    const seqs: number[] = [];
    const sizes: number[] = [];
    for (let after = 0; after < 100; ) {
      const page = await stores.events.page({
        sessionId: id,
        after,
        upTo: 100,
        limit: 1000,
        maxBytes: 1_000_000,
      });
      expect(page.length).toBeGreaterThan(0);
      seqs.push(...page.map((event) => event.seq));
      sizes.push(page.length);
      after = page.at(-1)?.seq ?? 100;
    }
    expect(seqs).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    expect(Math.max(...sizes)).toBeLessThan(64);
  });

  test('can be continued past events that were removed', async ({ stores }) => {
    const sessionId = newId();
    await stores.events.insert(makeEvents(sessionId, 60, 64));
    const range = { sessionId, after: 0, upTo: 64, limit: 1000, maxBytes: 1_000_000 };
    const page = await stores.events.page(range);
    expect(page.map((event) => event.seq)).toEqual([60, 61, 62, 63, 64]);
  });
});
