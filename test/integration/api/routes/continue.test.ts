import { infoSchema, newId } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { countJobs, test } from '../../../support/api.ts';
import { makeCompletedSession, makeLaunchJob, makeSession } from '../../../support/factories.ts';

const config = {
  query: 'first',
  model: 'sonnet',
  system_prompt: 'be brief',
  max_turns: 3,
  env: { TOKEN: 'value' },
};

describe('POST /v1/sessions/:id/continue', () => {
  test('answers 202 with a queued child that inherits, overrides and clears config keys', async ({
    api,
  }) => {
    const parent = await api.stores.sessions.insertIfAbsent(makeCompletedSession({ config }));
    const answer = await api.app.inject({
      method: 'POST',
      url: `/v1/sessions/${parent.id}/continue`,
      payload: { query: 'second', model: 'opus', system_prompt: null, title: 'Next' },
    });
    expect(answer.statusCode).toBe(202);
    const info = infoSchema.parse(answer.json());
    expect(answer.headers['location']).toBe(`/v1/sessions/${info.id}`);
    expect(info).toMatchObject({
      kind: 'continue',
      status: 'queued',
      query: 'second',
      model: 'opus',
      title: 'Next',
      parent_session_id: parent.id,
      root_session_id: parent.id,
      claude_session_id: parent.id,
    });
    expect(info.id).not.toBe(parent.id);
    expect((await api.stores.sessions.get(info.id))?.config).toEqual({
      query: 'second',
      model: 'opus',
      env: { TOKEN: 'value' },
    });
    expect((await api.queue.find(info.id))?.data).toMatchObject({
      kind: 'continue',
      parent_session_id: parent.id,
      overrides: { query: 'second', model: 'opus', system_prompt: null },
      title: 'Next',
    });
    const read = await api.app.inject({ url: `/v1/sessions/${info.id}` });
    expect(read.json()).toEqual(answer.json());
  });

  test('makes two branches from two continues of one parent', async ({ api }) => {
    const parent = await api.stores.sessions.insertIfAbsent(makeCompletedSession());
    const post = () =>
      api.app.inject({
        method: 'POST',
        url: `/v1/sessions/${parent.id}/continue`,
        payload: { query: 'branch' },
      });
    const [one, other] = await Promise.all([post(), post()]);
    expect(one.json().id).not.toBe(other.json().id);
    const children = await api.app.inject({ url: `/v1/sessions?parent_session_id=${parent.id}` });
    expect(children.json().sessions).toHaveLength(2);
  });

  test.for([
    ['queued', 'SESSION_NOT_TERMINAL', 409],
    ['starting', 'SESSION_NOT_TERMINAL', 409],
    ['running', 'SESSION_NOT_TERMINAL', 409],
    ['failed', 'PARENT_NOT_RESUMABLE', 409],
  ] as const)(
    'refuses a %s parent without a transcript with the code %s',
    async ([status, code, httpStatus], { api }) => {
      const parent = await api.stores.sessions.insertIfAbsent(makeSession({ status }));
      const before = await countJobs(api);
      const answer = await api.app.inject({
        method: 'POST',
        url: `/v1/sessions/${parent.id}/continue`,
        payload: { query: 'go on' },
      });
      expect(answer.json()).toMatchObject({
        error: { code, details: { field: 'parent_session_id' } },
      });
      expect(answer.statusCode).toBe(httpStatus);
      expect(await countJobs(api)).toBe(before);
    },
  );

  test('answers PARENT_NOT_FOUND for an unknown parent', async ({ api }) => {
    const answer = await api.app.inject({
      method: 'POST',
      url: `/v1/sessions/${newId()}/continue`,
      payload: { query: 'go on' },
    });
    expect(answer.json().error.code).toBe('PARENT_NOT_FOUND');
    expect(answer.statusCode).toBe(404);
  });

  test('answers SESSION_NOT_TERMINAL for a parent that is only in the queue', async ({ api }) => {
    const job = makeLaunchJob();
    await api.queue.add(job);
    const answer = await api.app.inject({
      method: 'POST',
      url: `/v1/sessions/${job.id}/continue`,
      payload: { query: 'go on' },
    });
    expect(answer.json().error.code).toBe('SESSION_NOT_TERMINAL');
  });

  test.for([
    ['a missing query', {}, 'INVALID_REQUEST', 400, 'query'],
    [
      'a parent in the body',
      { query: 'q', parent_session_id: newId() },
      'INVALID_REQUEST',
      400,
      'parent_session_id',
    ],
    [
      'a wrong type',
      { query: 'q', allowed_tools: 'Bash' },
      'INVALID_REQUEST',
      400,
      'allowed_tools',
    ],
    [
      'a directory outside the roots',
      { query: 'q', working_dir: '/etc' },
      'WORKING_DIR_NOT_ALLOWED',
      422,
      'working_dir',
    ],
    [
      'a forbidden environment name',
      { query: 'q', env: { PATH: '/evil' } },
      'ENV_NOT_ALLOWED',
      422,
      'env.PATH',
    ],
  ] as const)(
    'refuses %s and names the field',
    async ([, payload, code, status, field], { api }) => {
      const parent = await api.stores.sessions.insertIfAbsent(makeCompletedSession());
      const answer = await api.app.inject({
        method: 'POST',
        url: `/v1/sessions/${parent.id}/continue`,
        payload,
      });
      expect(answer.json()).toMatchObject({ error: { code, details: { field } } });
      expect(answer.statusCode).toBe(status);
    },
  );

  test('refuses a malformed id', async ({ api }) => {
    const answer = await api.app.inject({
      method: 'POST',
      url: '/v1/sessions/nonsense/continue',
      payload: { query: 'q' },
    });
    expect(answer.json()).toMatchObject({
      error: { code: 'INVALID_REQUEST', details: { field: 'id' } },
    });
    expect(answer.statusCode).toBe(400);
  });
});

describe('a continue of a session that has not ended', () => {
  test.for(['enqueue', 'interrupt'])('waits if on_busy is %s', async (on_busy, { api }) => {
    const lease = { fence: 1, owner: 'w', expires_at: new Date(Date.now() + 60_000) };
    const parent = await api.stores.sessions.insertIfAbsent(
      makeSession({ status: 'running', lease }),
    );
    const jobs = await countJobs(api);
    const answer = await api.app.inject({
      method: 'POST',
      url: `/v1/sessions/${parent.id}/continue`,
      payload: { query: 'go on', on_busy, title: 'Next' },
    });
    expect(answer.statusCode).toBe(202);
    expect(infoSchema.parse(answer.json())).toMatchObject({
      status: 'queued',
      waiting_for: 'parent',
      parent_session_id: parent.id,
      title: 'Next',
    });
    expect(await countJobs(api)).toBe(jobs);
    const asked = (await api.stores.sessions.get(parent.id))?.interrupt_requested_at;
    expect(asked !== undefined).toBe(on_busy === 'interrupt');
  });

  test('is refused if on_busy is reject or unknown', async ({ api }) => {
    const parent = await api.stores.sessions.insertIfAbsent(makeSession({ status: 'running' }));
    const ask = async (on_busy: string) => {
      const answer = await api.app.inject({
        method: 'POST',
        url: `/v1/sessions/${parent.id}/continue`,
        payload: { query: 'go on', on_busy },
      });
      return [answer.statusCode, answer.json().error];
    };
    expect(await ask('reject')).toMatchObject([409, { code: 'SESSION_NOT_TERMINAL' }]);
    expect(await ask('wait')).toMatchObject([400, { details: { field: 'on_busy' } }]);
  });
});
