import { infoSchema, newId, type Session } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { type Api, countJobs, test } from '../../../support/api.ts';
import { makeChild, makeCompletedSession, makeSession } from '../../../support/factories.ts';

const SECRET = 's3cret-of-the-rerun';
const REQUEST = {
  query: 'first',
  model: 'sonnet',
  max_turns: 3,
  env: { API_TOKEN: SECRET },
  title: 'Once',
  metadata: { ticket: 4711 },
  priority: 7,
  attempts: 2,
  on_limit: 'wait',
};

const post = (api: Api, url: string, payload: object, headers = {}) =>
  api.app.inject({ method: 'POST', url, headers, payload });
const rerun = (api: Api, id: string, headers = {}) =>
  api.app.inject({ method: 'POST', url: `/v1/sessions/${id}/rerun`, headers });

async function launch(api: Api, more: object = {}): Promise<Session> {
  const answer = await post(api, '/v1/sessions', { ...REQUEST, ...more });
  return stored(api, answer.json().id);
}

async function stored(api: Api, id: string): Promise<Session> {
  const session = await api.stores.sessions.get(id);
  if (!session) throw new Error(`expected a session ${id}`);
  return session;
}

describe('POST /v1/sessions/:id/rerun', () => {
  test('launches the same config and options again, and never shows a secret', async ({ api }) => {
    const tags = [newId()];
    const source = await launch(api, { tags });
    const answer = await rerun(api, source.id);
    expect(answer.statusCode).toBe(202);
    const info = infoSchema.parse(answer.json());
    expect(answer.headers['location']).toBe(`/v1/sessions/${info.id}`);
    expect(info).toMatchObject({
      kind: 'launch',
      status: 'queued',
      rerun_of: source.id,
      root_session_id: info.id,
    });
    const made = await stored(api, info.id);
    const { id, run_id, created_at, updated_at, start_time, config_hash, ...same } = source;
    expect(made).toMatchObject({
      ...same,
      root_session_id: made.id,
      claude_session_id: made.id,
    });
    expect(made.config).toEqual(source.config);
    const job = await api.queue.bull.getJob(made.id);
    const read = await api.app.inject({ url: `/v1/sessions/${made.id}?include=config` });
    expect(read.json().config.env).toEqual({ API_TOKEN: '[redacted]' });
    for (const text of [answer.body, read.body, JSON.stringify(job?.data)]) {
      expect(text).not.toContain(SECRET);
    }
    const again = await stored(api, (await rerun(api, made.id)).json().id);
    expect(again).toMatchObject({ rerun_of: made.id, config: source.config, tags });
  });

  test('refuses a request that wants to change the session, and names the key', async ({ api }) => {
    const { id } = await launch(api);
    const answer = await post(api, `/v1/sessions/${id}/rerun`, { query: 'other' });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error).toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining('query'),
    });
    expect((await post(api, `/v1/sessions/${id}/rerun`, {})).statusCode).toBe(202);
  });

  test('continues the same parent again, from the same event', async ({ api }) => {
    const { sessions } = api.stores;
    const parent = await sessions.insertIfAbsent(
      makeCompletedSession({ config: { query: 'first', model: 'opus' } }),
    );
    const source = await sessions.insertIfAbsent(
      makeChild(parent, {
        ...{ status: 'failed', end_time: new Date(), query: 'second' },
        config: { query: 'second', env: { API_TOKEN: SECRET }, max_turns: 2 },
        continues_at: { seq: 3, uuid: newId() },
        requires: ['continue_at'],
      }),
    );
    const info = infoSchema.parse((await rerun(api, source.id)).json());
    expect(info).toMatchObject({
      kind: 'continue',
      query: 'second',
      parent_session_id: parent.id,
      root_session_id: parent.id,
      rerun_of: source.id,
      continues_at: 3,
    });
    const made = await stored(api, info.id);
    expect(made.config).toEqual(source.config);
    expect(made.continues_at).toEqual(source.continues_at);
    expect(new Set(made.requires)).toEqual(new Set(['continue_at', 'rerun']));
  });

  test('makes one session for an idempotency key, also after its source was deleted', async ({
    api,
  }) => {
    const source = await api.stores.sessions.insertIfAbsent(makeCompletedSession());
    const headers = { 'idempotency-key': newId() };
    const first = await rerun(api, source.id, headers);
    const second = await rerun(api, source.id, headers);
    expect(second.json()).toEqual(first.json());
    expect(second.headers['idempotency-replayed']).toBe('true');
    const other = await api.stores.sessions.insertIfAbsent(makeCompletedSession());
    expect((await rerun(api, other.id, headers)).json().error.code).toBe('IDEMPOTENCY_CONFLICT');
    const launched = await post(api, '/v1/sessions', { query: 'q' }, headers);
    expect(launched.json().error.code).toBe('IDEMPOTENCY_CONFLICT');

    await api.app.inject({ method: 'DELETE', url: `/v1/sessions/${source.id}` });
    const third = await rerun(api, source.id, headers);
    expect(third.json()).toEqual(first.json());
    const fresh = await rerun(api, source.id);
    expect(fresh.statusCode).toBe(404);
    expect(fresh.json().error.code).toBe('SESSION_NOT_FOUND');
  });

  test('answers 404 for an unknown session', async ({ api }) => {
    const answer = await rerun(api, newId());
    expect(answer.statusCode).toBe(404);
    expect(answer.json().error.code).toBe('SESSION_NOT_FOUND');
  });

  test('refuses a session whose request was refused, because its config is not complete', async ({
    api,
  }) => {
    const id = newId();
    const data = { version: 1, kind: 'launch', id, config: { query: 'q', permission_mode: 'x' } };
    await api.queue.bull.add('launch', data, { jobId: id });
    const answer = await rerun(api, id);
    expect(answer.statusCode).toBe(409);
    expect(answer.json().error.code).toBe('SESSION_NOT_RERUNNABLE');
  });

  test('refuses a config that the operator no longer allows', async ({ api }) => {
    const source = await api.stores.sessions.insertIfAbsent(
      makeCompletedSession({ config: { query: 'q', working_dir: '/etc' } }),
    );
    const jobs = await countJobs(api);
    const answer = await rerun(api, source.id);
    expect(answer.statusCode).toBe(422);
    expect(answer.json().error).toMatchObject({
      code: 'WORKING_DIR_NOT_ALLOWED',
      details: { field: 'working_dir' },
    });
    expect(await countJobs(api)).toBe(jobs);
  });

  test('is refused by a limit that has no room', async ({ api }) => {
    const tag = newId();
    await api.app.inject({
      method: 'PUT',
      url: `/v1/limits/tag/${tag}`,
      payload: { max_sessions_at_once: 1 },
    });
    const source = await launch(api, { tags: [tag], on_limit: 'reject' });
    const refused = await rerun(api, source.id);
    expect(refused.statusCode).toBe(429);
    expect(refused.json().error.code).toBe('LIMIT_EXCEEDED');
  });

  test('waits for the concurrency key of its source', async ({ api }) => {
    const source = await launch(api, { concurrency_key: newId() });
    expect((await rerun(api, source.id)).json()).toMatchObject({
      concurrency_key: source.concurrency_key,
      waiting_for: 'concurrency_key',
    });
  });

  test.for([
    ['reject', 'SESSION_NOT_TERMINAL'],
    ['enqueue', undefined],
  ] as const)(
    'of a continue whose parent still runs does what on_busy says: %s',
    async ([on_busy, code], { api }) => {
      const parent = await api.stores.sessions.insertIfAbsent(makeSession({ status: 'running' }));
      const source = await api.stores.sessions.insertIfAbsent(makeChild(parent, { on_busy }));
      const answer = (await rerun(api, source.id)).json();
      if (code) expect(answer.error.code).toBe(code);
      else expect(answer).toMatchObject({ waiting_for: 'parent', rerun_of: source.id });
    },
  );

  test('is adopted from its job alone, if the job has the kind and the parent of its source', async ({
    api,
  }) => {
    const source = await launch(api);
    const job = (kind: 'launch' | 'continue') => ({
      ...{ version: 1 as const, id: newId(), rerun_of: source.id, requires: ['rerun'] },
      ...(kind === 'launch'
        ? { kind, config: { query: 'another' } }
        : { kind, parent_session_id: source.id, overrides: { query: 'another' } }),
    });
    const [fitting, other] = [job('launch'), job('continue')];
    for (const one of [fitting, other]) await api.queue.add(one as never);
    expect((await api.manager.getSession(fitting.id)).config).toEqual(source.config);
    expect(await api.manager.getSession(other.id)).toMatchObject({
      status: 'failed',
      failure: { code: 'INVALID_REQUEST', field: 'rerun_of' },
    });
  });
});
