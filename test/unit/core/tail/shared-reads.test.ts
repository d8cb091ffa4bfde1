import { shareReads } from '@baton/core/internal';
import { expect, test } from 'vitest';
import type { EventRange } from '../../../../packages/core/src/store/event-store.ts';
import type { SessionHead } from '../../../../packages/core/src/store/session-heads.ts';

const range = (after: number): EventRange => ({ sessionId: 'a', after, upTo: 9, limit: 8 });

function reading() {
  const asked: string[] = [];
  const reads = shareReads({
    events: {
      async page({ after }) {
        asked.push(`page after ${after}`);
        if (after === 7) throw new Error('away');
        return [];
      },
    },
    heads: {
      mark: async () => '',
      async get(id) {
        asked.push(`head of ${id}`);
        return { id, status: 'running', last_event_seq: asked.length } as SessionHead;
      },
      tree: async () => [],
    },
  });
  return { asked, ...reads };
}

test('simultaneous requests for the same data share one read', async () => {
  const { asked, events, heads } = reading();
  await Promise.all([1, 1, 2, 1].map((after) => events.page(range(after))));
  const found = await Promise.all(['a', 'b', 'a'].map((id) => heads.get(id)));
  expect(asked).toEqual(['page after 1', 'page after 2', 'head of a', 'head of b']);
  expect(found[0]).toBe(found[2]);
});

test('a later request reads the data again', async () => {
  const { asked, heads } = reading();
  const first = heads.get('a');
  await new Promise(setImmediate);
  const second = heads.get('a');
  expect([(await first)?.last_event_seq, (await second)?.last_event_seq]).toEqual([1, 2]);
  expect(asked).toHaveLength(2);
});

test('a failed read fails for every request that shared it, and the next request reads again', async () => {
  const { asked, events } = reading();
  const both = [events.page(range(7)), events.page(range(7))];
  for (const one of both) await expect(one).rejects.toThrow('away');
  await expect(events.page(range(7))).rejects.toThrow('away');
  expect(asked).toHaveLength(2);
});
