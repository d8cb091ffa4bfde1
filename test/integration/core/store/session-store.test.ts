import {
  defined,
  newId,
  type Session,
  type SessionFilter,
  type SessionStore,
} from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { encodeCursor } from '../../../../packages/core/src/store/cursor.ts';
import { makeChild, makeFullConfig, makeSession } from '../../../support/factories.ts';
import { test } from '../stores.ts';

const second = (n: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, n));

describe('insertIfAbsent', () => {
  test('stores the session unchanged', async ({ stores }) => {
    const session = makeSession({
      config: makeFullConfig(),
      metadata: { 'a.b': { $c: [null, 'x'] } },
      tags: ['a'],
      not_before: second(5),
    });
    expect(await stores.sessions.insertIfAbsent(session)).toEqual(session);
    expect(await stores.sessions.get(session.id)).toEqual(session);
  });

  test('returns a stored session and does not change it', async ({ stores }) => {
    const first = makeSession({ title: 'first' });
    await stores.sessions.insertIfAbsent(first);
    const answer = await stores.sessions.insertIfAbsent({ ...first, title: 'second' });
    expect(answer).toEqual(first);
  });

  test('stores one document and returns it to all when many callers race', async ({
    stores,
    db,
  }) => {
    const session = makeSession();
    const answers = await Promise.all(
      Array.from({ length: 64 }, (_, i) =>
        stores.sessions.insertIfAbsent({ ...session, title: `racer ${i}` }),
      ),
    );
    const titles = new Set(answers.map((answer) => answer.title));
    expect(titles.size).toBe(1);
    const stored = await db
      .collection<{ _id: string }>('sessions')
      .find({ _id: session.id })
      .toArray();
    expect(stored).toHaveLength(1);
  });

  test('affects no other id: get returns null for an unknown id', async ({ stores }) => {
    expect(await stores.sessions.get(newId())).toBeNull();
  });
});

describe('the list of sessions', () => {
  // Inserts twelve sessions of one conversation, the newest first. Up to three have the same
  // `created_at`.
  async function seed(sessions: SessionStore): Promise<Session[]> {
    const root = makeSession({ created_at: second(0), tags: ['seed', 'root'] });
    const children = Array.from({ length: 11 }, (_, i) =>
      makeChild(root, {
        created_at: second(Math.floor((i + 1) / 3)),
        tags: ['seed'],
        ...defined({ status: i % 2 ? 'failed' : undefined }),
      }),
    );
    const all = [root, ...children];
    await Promise.all(all.toReversed().map((session) => sessions.insertIfAbsent(session)));
    return all.sort(
      (a, b) => b.created_at.getTime() - a.created_at.getTime() || (a.id < b.id ? 1 : -1),
    );
  }

  async function pages(sessions: SessionStore, filter: SessionFilter): Promise<string[][]> {
    const ids: string[][] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await sessions.list({ ...filter, ...defined({ cursor }) });
      ids.push(page.sessions.map((session) => session.id));
      if (page.next_cursor === undefined) return ids;
      cursor = page.next_cursor;
    }
  }

  test.for([1, 2, 5, 11, 12, 13])(
    'in pages of %i has each session once, newest first and then by id',
    async (limit, { stores }) => {
      const all = await seed(stores.sessions);
      const root = all.at(-1)?.root_session_id ?? '';
      const found = await pages(stores.sessions, { root_session_id: root, limit });
      expect(found.flat()).toEqual(all.map((session) => session.id));
      expect(found).toHaveLength(Math.ceil(12 / limit));
    },
  );

  test('keeps its pages in place if a session is added between two reads', async ({ stores }) => {
    const all = await seed(stores.sessions);
    const root = all.at(-1) ?? makeSession();
    const filter = { root_session_id: root.root_session_id, limit: 6 };
    const first = await stores.sessions.list(filter);
    await stores.sessions.insertIfAbsent(makeChild(root, { created_at: second(59) }));
    const rest = await stores.sessions.list({ ...filter, cursor: first.next_cursor ?? '' });
    expect([...first.sessions, ...rest.sessions].map((session) => session.id)).toEqual(
      all.map((session) => session.id),
    );
  });

  test('can be filtered by status, parent, root and tag, alone and together', async ({
    stores,
  }) => {
    const all = await seed(stores.sessions);
    const root = all.find((session) => session.kind === 'launch') ?? makeSession();
    const ids = async (filter: Partial<SessionFilter>) => {
      const page = await stores.sessions.list({
        root_session_id: root.id,
        limit: 200,
        ...filter,
      });
      return page.sessions.map((session) => session.id);
    };
    const those = (keep: (session: Session) => boolean) =>
      all.filter(keep).map((session) => session.id);
    const failed = (session: Session) => session.status === 'failed';
    expect(await ids({ status: 'failed' })).toEqual(those(failed));
    expect(await ids({ parent_session_id: root.id })).toEqual(those((one) => one !== root));
    expect(await ids({ tag: 'root' })).toEqual([root.id]);
    expect(await ids({ tag: 'seed', status: 'queued' })).toEqual(those((one) => !failed(one)));
    expect(await ids({ tag: 'see' })).toEqual([]);
    expect(await ids({ parent_session_id: newId() })).toEqual([]);
  });

  test.for([
    ['a text that is not a cursor', 'nonsense'],
    ['a cursor of a conversation', encodeCursor([newId(), '5'], 'conversation')],
    ['a cursor without a time', encodeCursor(['yesterday', newId()], 'sessions')],
    ['a cursor of schedules', encodeCursor([second(0).toISOString(), newId()], 'schedules')],
  ] as const)('cannot be read with a foreign cursor: %s', async ([, cursor], { stores }) => {
    await expect(stores.sessions.list({ limit: 5, cursor })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      details: { field: 'cursor' },
    });
  });
});

describe('the ancestry of a session', () => {
  test('is the chain from the root, without other branches', async ({ stores }) => {
    const root = makeSession();
    const child = makeChild(root);
    const branch = makeChild(root);
    const leaf = makeChild(child, { last_event_seq: 7, superseded: [{ from: 2, to: 3 }] });
    for (const one of [root, child, branch, leaf]) await stores.sessions.insertIfAbsent(one);
    const chain = await stores.sessions.ancestry(leaf);
    expect(chain.map((link) => link.id)).toEqual([root.id, child.id, leaf.id]);
    expect(chain[2]).toEqual({
      id: leaf.id,
      parent_session_id: child.id,
      last_event_seq: 7,
      superseded: [{ from: 2, to: 3 }],
    });
  });

  test('ends if documents form a cycle', async ({ stores }) => {
    const a = makeSession();
    const b = makeChild(a);
    await stores.sessions.insertIfAbsent({ ...a, parent_session_id: b.id });
    await stores.sessions.insertIfAbsent(b);
    expect((await stores.sessions.ancestry(b)).map((link) => link.id)).toEqual([a.id, b.id]);
  });

  test('is empty for an unknown session', async ({ stores }) => {
    expect(await stores.sessions.ancestry(makeSession())).toEqual([]);
  });
});

test('getMany keeps the requested order and leaves out unknown ids', async ({ stores }) => {
  const [a, b] = [makeSession(), makeSession()];
  await Promise.all([a, b].map((one) => stores.sessions.insertIfAbsent(one)));
  const found = await stores.sessions.getMany([b.id, newId(), a.id]);
  expect(found).toEqual([b, a]);
});

describe("the heir of a session's directory", () => {
  test('is the first continue that claims it, and stays the heir', async ({ stores }) => {
    const parent = makeSession();
    await stores.sessions.insertIfAbsent(parent);
    const [first, second] = [makeChild(parent), makeChild(parent)];
    expect(await stores.sessions.claimHeir(parent.id, first.id)).toBe(true);
    expect(await stores.sessions.claimHeir(parent.id, second.id)).toBe(false);
    expect(await stores.sessions.claimHeir(parent.id, first.id)).toBe(true);
    expect(await stores.sessions.get(parent.id)).toEqual({ ...parent, workspace_heir: first.id });
  });

  test('is one of many continues that claim it at once', async ({ stores }) => {
    const parent = makeSession();
    await stores.sessions.insertIfAbsent(parent);
    const claims = Array.from({ length: 8 }, () =>
      stores.sessions.claimHeir(parent.id, makeChild(parent).id),
    );
    expect((await Promise.all(claims)).filter((isHeir) => isHeir)).toHaveLength(1);
  });

  test('cannot be claimed from an unknown session', async ({ stores }) => {
    expect(await stores.sessions.claimHeir(makeSession().id, makeSession().id)).toBe(false);
  });
});
