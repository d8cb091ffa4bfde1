import { defined, type Event, newId, readConversation, type Session } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { makeChild, makeSession } from '../../../support/factories.ts';
import { test as base } from '../stores.ts';

const test = base.extend('conversation', ({ stores }) => ({
  /** Stores a session with `count` events, and three more that are not yet committed. */
  async add(session: Session, count: number): Promise<Session> {
    const stored = { ...session, last_event_seq: count };
    await stores.sessions.insertIfAbsent(stored);
    const events = Array.from(
      { length: count + 3 },
      (_, i): Event => ({
        session_id: session.id,
        seq: i + 1,
        attempt: 1,
        fence: 1,
        type: 'user',
        created_at: new Date(),
        raw: `${i + 1}`,
      }),
    );
    await stores.events.insert(events);
    return stored;
  },
  /** Returns every page of a conversation as [session, seq] pairs. */
  async pages(session: Session, limit: number): Promise<[string, number][][]> {
    const pages: [string, number][][] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await readConversation(stores, session, {
        limit,
        ...defined({ cursor }),
      });
      pages.push(page.events.map((event) => [event.session_id, event.seq]));
      if (page.next_cursor === undefined) return pages;
      cursor = page.next_cursor;
    }
  },
}));

const run = (session: Session, seqs: number[]) =>
  seqs.map((seq): [string, number] => [session.id, seq]);
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

describe('the events of a conversation', () => {
  test.for([1, 3, 7, 10, 17, 100])(
    'in pages of %i run from the root to the session',
    async (limit, { conversation }) => {
      const root = await conversation.add(makeSession(), 7);
      const silent = await conversation.add(makeChild(root), 0);
      const leaf = await conversation.add(makeChild(silent), 10);
      const pages = await conversation.pages(leaf, limit);
      expect(pages.flat()).toEqual([...run(root, upTo(7)), ...run(leaf, upTo(10))]);
      expect(pages.every((page) => page.length <= limit)).toBe(true);
      expect(pages).toHaveLength(Math.ceil(17 / limit));
    },
  );

  test("on one branch include the root's events but not another branch's", async ({
    conversation,
  }) => {
    const root = await conversation.add(makeSession(), 2);
    const left = await conversation.add(makeChild(root), 3);
    const right = await conversation.add(makeChild(root), 1);
    const flat = async (session: Session) => (await conversation.pages(session, 2)).flat();
    expect(await flat(left)).toEqual([...run(root, [1, 2]), ...run(left, [1, 2, 3])]);
    expect(await flat(right)).toEqual([...run(root, [1, 2]), ...run(right, [1])]);
    expect(await flat(root)).toEqual(run(root, [1, 2]));
  });

  test.for([1, 2, 4, 100])(
    'leave out superseded events, in pages of %i',
    async (limit, { conversation }) => {
      const superseded = [
        { from: 2, to: 4 },
        { from: 8, to: 8 },
      ];
      const root = await conversation.add(makeSession({ superseded }), 9);
      const child = await conversation.add(makeChild(root), 2);
      expect((await conversation.pages(child, limit)).flat()).toEqual([
        ...run(root, [1, 5, 6, 7, 9]),
        ...run(child, [1, 2]),
      ]);
    },
  );

  test('have the fields a reader needs, without the fence', async ({ conversation, stores }) => {
    const root = await conversation.add(makeSession(), 1);
    const { events } = await readConversation(stores, root, { limit: 5 });
    expect(events).toEqual([
      {
        session_id: root.id,
        seq: 1,
        attempt: 1,
        type: 'user',
        created_at: expect.stringMatching(/Z$/),
        raw: '1',
      },
    ]);
  });

  test('are an empty page if the session has no events', async ({ conversation }) => {
    const root = await conversation.add(makeSession(), 0);
    expect(await conversation.pages(root, 10)).toEqual([[]]);
  });

  test('cannot be read with an invalid cursor or a cursor of another conversation', async ({
    conversation,
    stores,
  }) => {
    const [root, other] = [
      await conversation.add(makeSession(), 3),
      await conversation.add(makeSession(), 3),
    ];
    const { next_cursor } = await readConversation(stores, other, { limit: 1 });
    const list = await stores.sessions.list({ limit: 1 });
    const cursors = [
      next_cursor,
      list.next_cursor,
      'nonsense',
      Buffer.from(JSON.stringify([root.id, '-1'])).toString('base64url'),
      ...['x', '', ' 1 ', '0x1', '1e0'].map((seq) =>
        Buffer.from(JSON.stringify([root.id, seq])).toString('base64url'),
      ),
      Buffer.from(JSON.stringify([newId(), '0'])).toString('base64url'),
    ];
    for (const cursor of cursors) {
      expect(cursor).toBeDefined();
      await expect(
        readConversation(stores, root, { limit: 1, cursor: cursor ?? '' }),
      ).rejects.toMatchObject({ code: 'INVALID_REQUEST', details: { field: 'cursor' } });
    }
  });
});
