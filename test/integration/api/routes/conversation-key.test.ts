import { newId } from '@baton/core/internal';
import { describe, expect, onTestFinished } from 'vitest';
import { type Api, test as base, databaseUrl, openApi } from '../../../support/api.ts';
import { openKeyedApi } from '../../../support/keyed-api.ts';
import { redisUrl } from '../../../support/services.ts';

/** `test` with a second API over the same stores. */
const test = base.extend<{ $file: { other: Api } }>({
  other: [
    async ({ databaseName, queuePrefix, api: _first }, use) => {
      const mongodb = databaseUrl(databaseName);
      const other = await openApi({ redis: redisUrl(), mongodb, prefix: queuePrefix });
      await use(other);
      await other.close();
    },
    { scope: 'file' },
  ],
});

const launch = ({ app }: Api, payload: object, headers: Record<string, string> = {}) =>
  app.inject({ method: 'POST', url: '/v1/sessions', payload: { query: 'q', ...payload }, headers });

const list = async ({ app }: Api, key: string) => {
  const query = new URLSearchParams({ conversation_key: key, limit: '200' });
  return (await app.inject({ url: `/v1/sessions?${query.toString()}` })).json().sessions;
};

const FIFTY = 50;

/**
 * Sends this launch 50 times at once to two APIs. Repeats a launch that gets no answer in time, as
 * the client does.
 */
const race = (apis: readonly [Api, Api], payload: object) =>
  Promise.all(
    Array.from({ length: FIFTY }, async (_, n) => {
      const headers = { 'idempotency-key': newId() };
      for (;;) {
        const answer = await launch(n % 2 ? apis[0] : apis[1], payload, headers);
        if (answer.statusCode !== 503) return answer;
      }
    }),
  );

describe('fifty first launches with one conversation key, at once on two APIs', () => {
  test('make one launch and a chain that continues it, each once', async ({ api, other }) => {
    const conversation_key = newId();
    const answers = await race([api, other], { conversation_key });
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([202]));
    const sessions: { id: string; kind: string; parent_session_id?: string }[] = await list(
      api,
      conversation_key,
    );
    expect(sessions).toHaveLength(FIFTY);
    expect(new Set(sessions.map(({ id }) => id))).toEqual(
      new Set(answers.map((answer) => answer.json().id)),
    );
    const roots = sessions.filter(({ kind }) => kind === 'launch');
    expect(roots).toHaveLength(1);
    // Each session has one child, so the sessions form one chain.
    let length = 0;
    for (let at = roots[0]; at; length += 1) {
      const { id } = at;
      const children = sessions.filter(({ parent_session_id }) => parent_session_id === id);
      expect(children.length).toBeLessThanOrEqual(1);
      at = children[0];
    }
    expect(length).toBe(FIFTY);
  });

  test('make one launch, and the others are refused with on_busy reject', async ({
    api,
    other,
  }) => {
    const conversation_key = newId();
    const answers = await race([api, other], { conversation_key, on_busy: 'reject' });
    const refused = answers.filter(({ statusCode }) => statusCode === 409);
    expect(answers.filter(({ statusCode }) => statusCode === 202)).toHaveLength(1);
    expect(refused).toHaveLength(FIFTY - 1);
    for (const answer of refused) {
      expect(answer.json().error).toMatchObject({
        code: 'SESSION_NOT_TERMINAL',
        details: { field: 'conversation_key' },
      });
    }
    expect(await list(api, conversation_key)).toHaveLength(1);
  });

  test('make one launch and 49 messages with on_busy message', async ({ api, other }) => {
    const conversation_key = newId();
    const answers = await race([api, other], { conversation_key, on_busy: 'message' });
    const bodies = answers.map((answer) => answer.json());
    expect(new Set(bodies.map(({ id }) => id)).size).toBe(1);
    const sent = bodies.flatMap(({ message }) => message?.id ?? []);
    expect(new Set(sent).size).toBe(FIFTY - 1);
    const id = bodies[0].id;
    const listed = await api.app.inject({ url: `/v1/sessions/${id}/messages?limit=200` });
    expect(new Set(listed.json().messages.map((one: { id: string }) => one.id))).toEqual(
      new Set(sent),
    );
    expect(await list(api, conversation_key)).toHaveLength(1);
  });

  test('make one session if they have one idempotency key', async ({ api, other }) => {
    const conversation_key = newId();
    const headers = { 'idempotency-key': newId() };
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        launch(n % 2 ? api : other, { conversation_key, on_busy: 'message' }, headers),
      ),
    );
    const bodies = answers.map((answer) => answer.json());
    expect(new Set(bodies.map(({ id }) => id)).size).toBe(1);
    expect(bodies.filter(({ message }) => message)).toEqual([]);
    expect(await list(api, conversation_key)).toHaveLength(1);
  });
});

describe('POST /v1/sessions with a conversation key', () => {
  test('answers with the session and the message if the query became a message', async ({
    api,
  }) => {
    const conversation_key = newId();
    const { id } = (await launch(api, { conversation_key })).json();
    const headers = { 'idempotency-key': newId() };
    const payload = { conversation_key, on_busy: 'message', query: 'and now this' };
    const answer = await launch(api, payload, headers);
    expect(answer.statusCode).toBe(202);
    expect(answer.headers['location']).toBe(`/v1/sessions/${id}`);
    expect(answer.json()).toMatchObject({
      id,
      conversation_key,
      message: { id: expect.any(String), status: 'queued' },
    });
    const again = await launch(api, payload, headers);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.json().message).toEqual(answer.json().message);
  });

  test('refuses overrides that the policy forbids, alone and together with inherited values', async ({
    api,
  }) => {
    const conversation_key = newId();
    const refused = await launch(api, { conversation_key, working_dir: '/etc' });
    expect(refused.statusCode).toBe(422);
    expect(refused.json().error).toMatchObject({
      code: 'WORKING_DIR_NOT_ALLOWED',
      details: { field: 'working_dir' },
    });
    expect(await list(api, conversation_key)).toEqual([]);
    // The policy may have changed since the conversation began.
    const config = { query: 'q', working_dir: '/etc' };
    const begun = await api.manager.acceptance.launch(config, { conversation_key });
    const inherits = await launch(api, { conversation_key });
    expect(inherits.json().error).toMatchObject({
      code: 'WORKING_DIR_NOT_ALLOWED',
      details: { field: 'working_dir' },
    });
    expect(await list(api, conversation_key)).toMatchObject([{ id: begun.session.id }]);
  });

  test('shows the key on the page of the session', async ({ api }) => {
    const { id } = (await launch(api, { conversation_key: 'shop/<7>' })).json();
    const page = await api.app.inject({ url: `/sessions/${id}` });
    expect(page.body).toContain('shop/&lt;7&gt;');
    expect(page.body).toContain('/v1/sessions?conversation_key=shop%2F%3C7%3E');
  });

  test('keeps the keys of two tenants apart', async ({ databaseName, queuePrefix, api: _api }) => {
    const mongodb = databaseUrl(databaseName);
    const keyed = await openKeyedApi({ redis: redisUrl(), mongodb, prefix: queuePrefix });
    onTestFinished(() => keyed.close());
    const [ours, theirs] = [await keyed.as('write', 'ours'), await keyed.as('write', 'theirs')];
    const conversation_key = newId();
    expect((await launch(keyed, { conversation_key }, ours)).json().kind).toBe('launch');
    expect((await launch(keyed, { conversation_key }, theirs)).json().kind).toBe('launch');
    expect((await launch(keyed, { conversation_key }, ours)).json().kind).toBe('continue');
  });
});

describe('other requests with a conversation key', () => {
  test('a bulk request makes one conversation of launches with one key, in their order', async ({
    api,
  }) => {
    const [one, two] = [newId(), newId()];
    const answer = await api.app.inject({
      method: 'POST',
      url: '/v1/sessions/bulk',
      payload: {
        sessions: [
          { query: 'a', conversation_key: one },
          { query: 'b' },
          { query: 'c', conversation_key: one },
          { query: 'd', conversation_key: two },
          { query: 'e', conversation_key: one, on_busy: 'reject' },
          { query: 'f', conversation_key: one, on_busy: 'message' },
          { query: 'g', on_busy: 'enqueue' },
          { query: 'h', conversation_key: two, working_dir: '/etc' },
        ],
      },
    });
    const { results } = answer.json();
    const [a, b, c, d] = results.map(({ session }: { session?: { id: string } }) => session);
    expect(b).not.toHaveProperty('conversation_key');
    expect(c).toMatchObject({ parent_session_id: a.id, conversation_key: one });
    expect(d).toMatchObject({ kind: 'launch', conversation_key: two });
    expect(results[4]).toMatchObject({ status: 409, error: { code: 'SESSION_NOT_TERMINAL' } });
    expect(results[5].session).toMatchObject({ id: c.id, message: { status: 'queued' } });
    expect(results[6]).toMatchObject({ status: 400, error: { details: { field: 'on_busy' } } });
    expect(results[7]).toMatchObject({ status: 422, error: { code: 'WORKING_DIR_NOT_ALLOWED' } });
  });

  test('a schedule refuses it, and the error names the field', async ({ api }) => {
    const answer = await api.app.inject({
      method: 'POST',
      url: '/v1/schedules',
      payload: { every_ms: 60_000, launch: { query: 'q', conversation_key: 'k' } },
    });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error.details).toEqual({ field: 'launch.conversation_key' });
  });

  test.for([
    ['no character', '', 400],
    ['257 characters', 'k'.repeat(257), 400],
    ['one character', 'k', 200],
  ] as const)('a list by a key of %s is answered', async ([, key, status], { api }) => {
    const query = new URLSearchParams({ conversation_key: key });
    const answer = await api.app.inject({ url: `/v1/sessions?${query.toString()}` });
    expect(answer.statusCode).toBe(status);
  });

  test('a list with a key and a status has pages', async ({ api }) => {
    const conversation_key = newId();
    for (let n = 0; n < 3; n += 1) await launch(api, { conversation_key });
    const query = new URLSearchParams({ conversation_key, status: 'queued', limit: '2' });
    const first = (await api.app.inject({ url: `/v1/sessions?${query.toString()}` })).json();
    expect(first.sessions).toHaveLength(2);
    query.set('cursor', first.next_cursor);
    const second = (await api.app.inject({ url: `/v1/sessions?${query.toString()}` })).json();
    expect(second.sessions).toHaveLength(1);
  });
});
