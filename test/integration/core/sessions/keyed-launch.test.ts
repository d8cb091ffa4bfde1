// Launches by the key of a conversation, with processes that die between their steps.
import { Readable } from 'node:stream';
import {
  createSessionServices,
  newId,
  type OwnedSession,
  type Session,
} from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { makeCompletedSession } from '../../../support/factories.ts';
import { test as base } from '../stores.ts';

type Services = ReturnType<typeof createSessionServices>;

interface Scene extends Pick<Services, 'manager' | 'messages' | 'deletion' | 'operatorLimits'> {
  /** Ends a session with a transcript, so that it can be continued. */
  complete(session: Pick<Session, 'id'>): Promise<void>;
  /** Ends a session without a transcript. */
  lose(session: Pick<Session, 'id'>, status?: 'failed' | 'cancelled'): Promise<void>;
  /** Launches with this key, and returns the accepted session. */
  launch(key: string, query?: string, options?: object): Promise<Session>;
  /** Returns the sessions of this key, oldest first. */
  all(key: string): Promise<Session[]>;
  /** Sets how many events a session has. */
  setLastSeq(id: string, last_event_seq: number): Promise<void>;
  dropJob(id: string): Promise<void>;
  /** Services of another process. */
  another(): Services;
  /** Services whose process dies at this write. */
  dying(store: 'sessions' | 'conversationKeys', write: string): Services;
}

const test = base.extend<{ $file: { scene: Scene } }>({
  scene: [
    async ({ db, stores, queue }, use) => {
      const { clock } = stores;
      const services = createSessionServices({ stores, clock, queue });
      const sessions = db.collection<{ _id: string }>('sessions');
      await use({
        ...services,
        async complete({ id }) {
          const session = await stores.sessions.get(id);
          const claude = session?.claude_session_id ?? '';
          const { transcript } = makeCompletedSession({ root_session_id: claude });
          await sessions.updateOne(
            { _id: id },
            {
              $set: { status: 'completed', transcript, end_time: new Date() },
              $unset: { waiting_for: '' },
            },
          );
        },
        async lose({ id }, status = 'failed') {
          await sessions.updateOne(
            { _id: id },
            { $set: { status, end_time: new Date() }, $unset: { waiting_for: '' } },
          );
        },
        async launch(conversation_key, query = 'q', options = {}) {
          const accepted = await services.manager.acceptance.launch(
            { query },
            { conversation_key, ...options },
          );
          return accepted.session;
        },
        async all(conversation_key) {
          const page = await stores.sessions.list({ conversation_key, limit: 200 });
          return page.sessions.toReversed();
        },
        async setLastSeq(id, last_event_seq) {
          await sessions.updateOne({ _id: id }, { $set: { last_event_seq } });
        },
        dropJob: queue.drop,
        another: () => createSessionServices({ stores, clock, queue }),
        dying(store, write) {
          const broken = {
            ...stores[store],
            [write]: async () => {
              throw new Error('the process died');
            },
          };
          return createSessionServices({ stores: { ...stores, [store]: broken }, clock, queue });
        },
      });
    },
    { scope: 'file' },
  ],
});

const conclude = (owner: OwnedSession) => owner.conclude('failed', {}, { outcome: 'failed' });

describe('a launch with a conversation key', () => {
  test('begins the conversation, and later launches continue its newest session', async ({
    scene,
  }) => {
    const key = newId();
    const first = await scene.launch(key, 'one');
    expect(first).toMatchObject({ kind: 'launch', conversation_key: key });
    await scene.complete(first);
    const second = await scene.launch(key, 'two');
    expect(second).toMatchObject({
      kind: 'continue',
      parent_session_id: first.id,
      root_session_id: first.id,
      conversation_key: key,
    });
    expect(second.waiting_for).toBeUndefined();
    await scene.complete(second);
    expect(await scene.launch(key)).toMatchObject({ parent_session_id: second.id });
  });

  test('inherits the keys of the config that it leaves out, and changes the others', async ({
    scene,
    stores,
  }) => {
    const conversation_key = newId();
    const config = { query: 'one', model: 'sonnet', system_prompt: 'be brief', max_turns: 3 };
    const first = await scene.manager.launchSession(config, { conversation_key });
    await scene.complete(first);
    const { id } = await scene.manager.launchSession(
      { query: 'two', model: 'opus' },
      { conversation_key },
    );
    expect((await stores.sessions.get(id))?.config).toEqual({
      query: 'two',
      model: 'opus',
      system_prompt: 'be brief',
    });
  });

  test('waits for a busy session by default, in a chain', async ({ scene }) => {
    const key = newId();
    const one = await scene.launch(key);
    const two = await scene.launch(key);
    const three = await scene.launch(key);
    expect(two).toMatchObject({ parent_session_id: one.id, waiting_for: 'parent' });
    expect(three).toMatchObject({ parent_session_id: two.id, waiting_for: 'parent' });
  });

  test('is one of a chain in the order of arrival if many come at once', async ({ scene }) => {
    const key = newId();
    const queries = Array.from({ length: 20 }, (_, n) => `query ${n}`);
    const chain = await Promise.all(queries.map((query) => scene.launch(key, query)));
    expect(chain.map(({ query }) => query)).toEqual(queries);
    expect(chain.map((one) => one.parent_session_id)).toEqual([
      undefined,
      ...chain.slice(0, -1).map(({ id }) => id),
    ]);
  });

  test('with on_busy reject is refused while the newest session is busy, and the error names it', async ({
    scene,
  }) => {
    const key = newId();
    const { id } = await scene.launch(key);
    await expect(scene.launch(key, 'q', { on_busy: 'reject' })).rejects.toMatchObject({
      code: 'SESSION_NOT_TERMINAL',
      details: { field: 'conversation_key', id, status: 'queued' },
    });
    expect(await scene.all(key)).toHaveLength(1);
  });

  test('with on_busy interrupt interrupts a running session and waits for it', async ({
    scene,
    stores,
  }) => {
    const key = newId();
    const { id } = await scene.launch(key);
    await stores.own(id);
    const next = await scene.launch(key, 'q', { on_busy: 'interrupt' });
    expect(next).toMatchObject({ parent_session_id: id, waiting_for: 'parent' });
    expect((await stores.sessions.get(id))?.interrupt_requested_at).toBeDefined();
  });

  test('passes over a session that ended without a transcript', async ({ scene }) => {
    const key = newId();
    const first = await scene.launch(key);
    await scene.complete(first);
    await scene.lose(await scene.launch(key), 'cancelled');
    expect(await scene.launch(key)).toMatchObject({ parent_session_id: first.id });
  });

  test('begins anew in the conversation if no session can be continued', async ({ scene }) => {
    const key = newId();
    const first = await scene.launch(key);
    await scene.lose(first);
    const second = await scene.launch(key);
    expect(second).toMatchObject({ kind: 'launch', conversation_key: key });
    expect((await scene.all(key)).map(({ id }) => id)).toEqual([first.id, second.id]);
  });

  test('belongs to its tenant', async ({ scene }) => {
    const key = newId();
    await scene.launch(key, 'q', { tenant: 'a' });
    expect(await scene.launch(key, 'q', { tenant: 'b' })).toMatchObject({ kind: 'launch' });
    expect(await scene.launch(key, 'q', { tenant: 'a' })).toMatchObject({ kind: 'continue' });
  });

  test('is judged by the config with the inherited values', async ({ scene }) => {
    const conversation_key = newId();
    const first = await scene.manager.launchSession(
      { query: 'q', model: 'sonnet' },
      { conversation_key },
    );
    await scene.complete(first);
    const judged: unknown[] = [];
    const refuse = (config: unknown) => {
      judged.push(config);
      throw new Error('refused');
    };
    await expect(
      scene.manager.acceptance.launch({ query: 'x' }, { conversation_key }, refuse),
    ).rejects.toThrow('refused');
    expect(judged).toEqual([{ query: 'x', model: 'sonnet' }]);
    expect(await scene.all(conversation_key)).toHaveLength(1);
  });

  test('that a limit refuses leaves the conversation as it was', async ({ scene, stores }) => {
    const tag = newId();
    await scene.operatorLimits.put('tag', tag, { max_sessions_at_once: 1 });
    const keys = [newId(), newId(), newId()];
    const begun = new Map<string, Session>();
    for (const key of keys) {
      const first = await scene.launch(key);
      await scene.complete(first);
      begun.set(key, first);
    }
    // All of them find room at first, and then compete for the one slot.
    const launched = await Promise.allSettled(
      keys.map((key) => scene.launch(key, 'q', { tags: [tag] })),
    );
    const refused = keys.filter((_, index) => launched[index]?.status === 'rejected');
    expect(refused).toHaveLength(2);
    for (const key of refused) {
      const id = begun.get(key)?.id;
      expect(await stores.conversationKeys.get({ tenant: 'default', key })).toEqual({ id });
      await expect(scene.launch(key, 'q', { tags: [tag] })).rejects.toMatchObject({
        code: 'LIMIT_EXCEEDED',
      });
      expect(await scene.launch(key)).toMatchObject({ parent_session_id: id });
    }
  });

  test('stores its content once, also if other launches are first', async ({ scene, db }) => {
    const conversation_key = newId();
    const data = Buffer.from('notes').toString();
    const notes = { type: 'document' as const, source: { type: 'text' as const, data } };
    const content = [{ type: 'text' as const, text: 'q' }, notes];
    const others = scene.another();
    const launched = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        (index % 2 === 0 ? scene : others).manager.acceptance.launch(
          { content },
          { conversation_key },
        ),
      ),
    );
    const files = launched.flatMap(({ session }) =>
      (session.config.content ?? []).flatMap((block) =>
        'source' in block && block.source.type === 'file' ? [block.source.file_id] : [],
      ),
    );
    expect(new Set(files).size).toBe(12);
    const ids = launched.map(({ session }) => session.id);
    expect(await db.collection('file_pins').countDocuments({ session_id: { $in: ids } })).toBe(12);
  });
});

describe('a query that becomes a message', () => {
  test('goes into the newest session while that is busy', async ({ scene }) => {
    const conversation_key = newId();
    const { id } = await scene.launch(conversation_key);
    const options = { conversation_key, on_busy: 'message' } as const;
    const sent = await scene.manager.launchSession({ query: 'faster' }, options);
    expect(sent).toMatchObject({ id, message: { status: 'queued' } });
    const { messages } = await scene.messages.listMessages(id);
    expect(messages).toMatchObject([{ id: sent.message?.id, content: 'faster' }]);
    expect(await scene.all(conversation_key)).toHaveLength(1);
  });

  test('is a continue once the session has ended', async ({ scene }) => {
    const conversation_key = newId();
    const first = await scene.launch(conversation_key);
    await scene.complete(first);
    const options = { conversation_key, on_busy: 'message' } as const;
    const next = await scene.manager.launchSession({ query: 'more' }, options);
    expect(next).toMatchObject({ kind: 'continue', parent_session_id: first.id });
    expect(next.message).toBeUndefined();
  });

  test('is sent once if the request is repeated, also after its session has ended', async ({
    scene,
  }) => {
    const conversation_key = newId();
    const first = await scene.launch(conversation_key);
    const options = { conversation_key, on_busy: 'message', idempotency_key: newId() } as const;
    const launch = () => scene.manager.acceptance.launch({ query: 'again' }, options);
    const sent = await Promise.all([launch(), launch(), launch()]);
    expect(new Set(sent.map(({ message }) => message?.id)).size).toBe(1);
    expect((await scene.messages.listMessages(first.id)).messages).toHaveLength(1);
    await scene.complete(first);
    await scene.launch(conversation_key, 'next');
    expect(await launch()).toMatchObject({
      replayed: true,
      session: { id: first.id },
      message: { id: sent[0]?.message?.id, status: 'undelivered' },
    });
    expect(await scene.all(conversation_key)).toHaveLength(2);
  });

  test('is refused with files, which a running session cannot get', async ({ scene, stores }) => {
    const conversation_key = newId();
    const { id } = await scene.launch(conversation_key);
    const pieces = Readable.from([Buffer.from('x')]);
    const file = await stores.files.put({ tenant: 'default', pieces, maxBytes: 10 });
    const files = [{ file_id: file.id, path: 'x.txt' }];
    const launch = (on_busy: 'message' | 'enqueue') =>
      scene.manager.acceptance.launch({ query: 'q', files }, { conversation_key, on_busy });
    await expect(launch('message')).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      details: { field: 'files' },
    });
    expect((await scene.messages.listMessages(id)).messages).toEqual([]);
    expect((await launch('enqueue')).session).toMatchObject({ config: { files } });
  });

  test('is refused with the idempotency key of another message', async ({ scene }) => {
    const conversation_key = newId();
    await scene.launch(conversation_key);
    const options = { conversation_key, on_busy: 'message', idempotency_key: newId() } as const;
    await scene.manager.launchSession({ query: 'one' }, options);
    await expect(scene.manager.launchSession({ query: 'other' }, options)).rejects.toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
      details: { field: 'idempotency_key' },
    });
    await expect(
      scene.manager.launchSession({ query: 'one' }, { ...options, conversation_key: newId() }),
    ).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
  });

  test('becomes one message or one session if the session ends at the same time', async ({
    scene,
    stores,
  }) => {
    for (let round = 0; round < 8; round += 1) {
      const conversation_key = newId();
      const first = await scene.launch(conversation_key);
      const owner = await stores.own(first.id);
      const options = { conversation_key, on_busy: 'message', idempotency_key: newId() } as const;
      const launch = () => scene.manager.acceptance.launch({ query: 'x' }, options);
      const [one, other] = await Promise.all([launch(), launch(), conclude(owner)]);
      expect(other.session.id).toBe(one.session.id);
      expect(other.message?.id).toBe(one.message?.id);
      const { messages } = await scene.messages.listMessages(first.id);
      const sessions = await scene.all(conversation_key);
      expect(messages.length + sessions.length - 1).toBe(1);
    }
  });
});

describe('a repeated launch with a conversation key', () => {
  test('finds its session, also after the conversation continued', async ({ scene }) => {
    const key = newId();
    const options = { idempotency_key: newId() };
    const first = await scene.launch(key, 'one', options);
    await scene.complete(first);
    const second = { idempotency_key: newId() };
    const next = await scene.launch(key, 'two', second);
    await scene.complete(next);
    await scene.launch(key, 'three');
    expect(await scene.launch(key, 'one', options)).toMatchObject({ id: first.id });
    expect(await scene.launch(key, 'two', second)).toMatchObject({ id: next.id });
    expect(await scene.all(key)).toHaveLength(3);
  });

  test('is refused with another body or another conversation key', async ({ scene }) => {
    const key = newId();
    const options = { idempotency_key: newId() };
    const { id } = await scene.launch(key, 'one', options);
    const conflict = { code: 'IDEMPOTENCY_CONFLICT', details: { id } };
    await expect(scene.launch(key, 'two', options)).rejects.toMatchObject(conflict);
    await expect(scene.launch(newId(), 'one', options)).rejects.toMatchObject(conflict);
    await expect(scene.launch(key, 'one', { ...options, on_busy: 'reject' })).rejects.toMatchObject(
      conflict,
    );
  });
});

describe('a process that dies during a launch', () => {
  test('before it stored the session loses nothing: the next launch stores it first', async ({
    scene,
    stores,
    queue,
  }) => {
    const conversation_key = newId();
    const dying = scene.dying('sessions', 'insertIfAbsent');
    await expect(
      dying.manager.launchSession({ query: 'one' }, { conversation_key }),
    ).rejects.toThrow('the process died');
    expect(await scene.all(conversation_key)).toEqual([]);
    const second = await scene.launch(conversation_key, 'two');
    const [first, ...others] = await scene.all(conversation_key);
    expect(others.map(({ id }) => id)).toEqual([second.id]);
    expect(first).toMatchObject({ query: 'one', kind: 'launch' });
    expect(second).toMatchObject({ parent_session_id: first?.id, waiting_for: 'parent' });
    expect(await queue.find(first?.id ?? '')).not.toBeNull();
    const newest = await stores.conversationKeys.get({ tenant: 'default', key: conversation_key });
    expect(newest).toEqual({ id: second.id, prior: first?.id });
  });

  test('is repeated by its caller, and makes one session', async ({ scene }) => {
    const conversation_key = newId();
    const options = { conversation_key, idempotency_key: newId() };
    const dying = scene.dying('sessions', 'insertIfAbsent');
    await expect(dying.manager.launchSession({ query: 'one' }, options)).rejects.toThrow('died');
    const { id } = await scene.manager.launchSession({ query: 'one' }, options);
    expect((await scene.all(conversation_key)).map((one) => one.id)).toEqual([id]);
  });

  test('before it noted that the session is stored makes no second session', async ({ scene }) => {
    const conversation_key = newId();
    const dying = scene.dying('conversationKeys', 'settle');
    await expect(
      dying.manager.launchSession({ query: 'one' }, { conversation_key }),
    ).rejects.toThrow('died');
    const second = await scene.launch(conversation_key, 'two');
    const stored = await scene.all(conversation_key);
    expect(stored.map(({ query }) => query)).toEqual(['one', 'two']);
    expect(second.parent_session_id).toBe(stored[0]?.id);
  });

  test('leaves the key free if it died before it took the key', async ({ scene }) => {
    const conversation_key = newId();
    const dying = scene.dying('conversationKeys', 'take');
    await expect(
      dying.manager.launchSession({ query: 'one' }, { conversation_key }),
    ).rejects.toThrow('died');
    expect(await scene.launch(conversation_key)).toMatchObject({ kind: 'launch' });
  });

  test('of a continue by id leaves the conversation at the session before', async ({
    scene,
    stores,
  }) => {
    const key = newId();
    const first = await scene.launch(key);
    await stores.conversationKeys.advance(first.id, newId());
    await scene.complete(first);
    expect(await scene.launch(key)).toMatchObject({ parent_session_id: first.id });
  });
});

describe('a conversation with a key', () => {
  test('advances with a continue by id and with a rerun of its newest session', async ({
    scene,
  }) => {
    const key = newId();
    const first = await scene.launch(key);
    await scene.complete(first);
    const child = await scene.manager.continueSession({
      parent_session_id: first.id,
      query: 'by id',
    });
    expect(child.conversation_key).toBe(key);
    await scene.lose(child);
    const rerun = await scene.manager.rerunSession(child.id);
    expect(rerun).toMatchObject({ conversation_key: key, parent_session_id: first.id });
    await scene.complete(rerun);
    expect(await scene.launch(key)).toMatchObject({ parent_session_id: rerun.id });
  });

  test('does not advance with a branch from an older session', async ({ scene }) => {
    const key = newId();
    const first = await scene.launch(key);
    await scene.complete(first);
    const second = await scene.launch(key);
    await scene.complete(second);
    const branch = await scene.manager.continueSession({
      parent_session_id: first.id,
      query: 'branch',
    });
    expect(branch.conversation_key).toBe(key);
    expect(await scene.launch(key)).toMatchObject({ parent_session_id: second.id });
  });

  test('does not advance with a branch from the middle of its newest session', async ({
    scene,
    stores,
  }) => {
    const key = newId();
    const first = await scene.launch(key);
    await scene.complete(first);
    await stores.events.insert([
      {
        session_id: first.id,
        seq: 1,
        attempt: 1,
        fence: 1,
        type: 'assistant',
        created_at: new Date(),
        raw: JSON.stringify({ uuid: newId() }),
      },
    ]);
    await scene.setLastSeq(first.id, 1);
    const branch = await scene.manager.continueSession(
      { parent_session_id: first.id, query: 'edit' },
      { at: 1 },
    );
    expect(branch).toMatchObject({ conversation_key: key, continues_at: 1 });
    expect(await scene.launch(key)).toMatchObject({ parent_session_id: first.id });
  });

  test('begins anew after its deletion, and the key is free', async ({ scene, stores }) => {
    const key = newId();
    const first = await scene.launch(key);
    await scene.complete(first);
    expect(await scene.deletion.deleteConversation(first.id)).toBe('gone');
    expect(await stores.conversationKeys.get({ tenant: 'default', key })).toBeNull();
    const next = await scene.launch(key);
    expect(next).toMatchObject({ kind: 'launch' });
    expect((await scene.all(key)).map(({ id }) => id)).toEqual([next.id]);
  });

  test('begins anew if an older version of Baton deleted it and left the key', async ({
    scene,
    db,
  }) => {
    const key = newId();
    const first = await scene.launch(key);
    await db.collection<{ _id: string }>('sessions').deleteOne({ _id: first.id });
    await scene.dropJob(first.id);
    expect(await scene.launch(key)).toMatchObject({ kind: 'launch' });
  });
});
