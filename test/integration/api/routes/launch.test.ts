import { infoSchema } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { test } from '../../../support/api.ts';
import { makeFullConfig } from '../../../support/factories.ts';

describe('POST /v1/sessions', () => {
  test('answers 202 with the Info of a queued session and its location', async ({ api }) => {
    const answer = await api.app.inject({
      method: 'POST',
      url: '/v1/sessions',
      payload: {
        query: 'say hello',
        model: 'sonnet',
        title: 'Greeting',
        tags: ['a', 'b'],
        metadata: { $ref: { 'dotted.key': [1, null] } },
        priority: 7,
      },
    });
    expect(answer.statusCode).toBe(202);
    const info = infoSchema.parse(answer.json());
    expect(answer.headers['location']).toBe(`/v1/sessions/${info.id}`);
    expect(info).toMatchObject({
      kind: 'launch',
      status: 'queued',
      query: 'say hello',
      model: 'sonnet',
      title: 'Greeting',
      tags: ['a', 'b'],
      metadata: { $ref: { 'dotted.key': [1, null] } },
      priority: 7,
      attempt: 0,
      last_event_seq: 0,
      resumable: false,
      root_session_id: info.id,
    });
  });

  test('makes a session that can be read as soon as the launch is answered', async ({ api }) => {
    const launched = await api.app.inject({
      method: 'POST',
      url: '/v1/sessions',
      payload: { query: 'read me' },
    });
    const address = String(launched.headers['location']);
    const read = await api.app.inject({ url: address });
    expect(read.statusCode).toBe(200);
    expect(read.json()).toEqual(launched.json());
    const listed = await api.app.inject({ url: '/v1/sessions' });
    expect(listed.json().sessions[0]).toEqual(launched.json());
    const events = await api.app.inject({ url: `${address}/events` });
    expect(events.json()).toEqual({ events: [], last_event_seq: 0, next_after: 0 });
    const conversation = await api.app.inject({ url: `${address}/conversation` });
    expect(conversation.json()).toEqual({ events: [] });
  });

  test('refuses a setting that the CLI ignores, and names the key to use instead', async ({
    api,
  }) => {
    const settings = { agents: { critic: { description: 'd', prompt: 'p' } } };
    const payload = { query: 'q', settings };
    const answer = await api.app.inject({ method: 'POST', url: '/v1/sessions', payload });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error).toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining('use the key `agents` of the config instead'),
      details: { field: 'settings.agents' },
    });
  });

  test('stores every key of the config unchanged in the job and the document', async ({ api }) => {
    const config = {
      ...makeFullConfig(),
      working_dir: '/srv/allowed/here',
      additional_directories: ['/srv/allowed'],
    };
    const answer = await api.app.inject({
      method: 'POST',
      url: '/v1/sessions',
      payload: { ...config, title: 'All of it' },
    });
    expect(answer.statusCode).toBe(202);
    const { id } = answer.json();
    expect((await api.stores.sessions.get(id))?.config).toEqual(config);
    const job = await api.queue.find(id);
    expect(job?.data).toMatchObject({ version: 1, kind: 'launch', id, config, title: 'All of it' });
  });

  test('accepts an absolute path with .. that stays inside a root', async ({ api }) => {
    const answer = await api.app.inject({
      method: 'POST',
      url: '/v1/sessions',
      payload: { query: 'hi', working_dir: '/srv/allowed/a/../b' },
    });
    expect(answer.statusCode).toBe(202);
  });
});
