import { defined, newId, type WebhookEvent } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { type Api, test } from '../../../support/api.ts';

const URL = 'https://hooks.example.test/baton';

const call = (
  api: Api,
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  url: string,
  payload?: object,
) => api.app.inject({ method, url, ...defined({ payload }) });

async function make(api: Api, fields: object = {}) {
  const answer = await call(api, 'POST', '/v1/webhooks', { url: URL, ...fields });
  expect(answer.statusCode, answer.body).toBe(201);
  return answer.json();
}

/** Stores a delivery in the log of this webhook. */
function log(api: Api, webhookId: string, type: WebhookEvent = 'session.completed') {
  const event = {
    session_id: newId(),
    session_created_at: new Date(),
    type,
    attempt: 1,
    at: new Date(),
  };
  return api.webhooks.deliveries.insertIfAbsent(webhookId, event);
}

describe('a webhook', () => {
  test('shows its secret only when it is created', async ({ api }) => {
    const made = await make(api, { types: ['session.failed'], description: 'pager' });
    expect(made).toMatchObject({
      url: URL,
      types: ['session.failed'],
      description: 'pager',
      enabled: true,
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
    });
    const { secret, ...view } = made;
    const read = await call(api, 'GET', `/v1/webhooks/${made.id}`);
    expect(read.json()).toEqual(view);
    const answers = [
      read,
      await call(api, 'GET', '/v1/webhooks'),
      await call(api, 'PATCH', `/v1/webhooks/${made.id}`, { description: 'other' }),
      await call(api, 'GET', `/v1/webhooks/${made.id}/deliveries`),
      await call(api, 'DELETE', `/v1/webhooks/${made.id}`),
    ];
    for (const answer of answers) {
      expect(answer.statusCode).toBe(200);
      expect(answer.body).not.toContain(secret);
      expect(answer.body).not.toContain('whsec_');
    }
    expect(api.logged.join()).not.toContain(secret);
  });

  test('is in the list until it is deleted with its log', async ({ api }) => {
    const { id } = await make(api);
    const delivery = await log(api, id);
    const listed = (await call(api, 'GET', '/v1/webhooks')).json().webhooks;
    expect(listed.map((one: { id: string }) => one.id)).toContain(id);
    expect((await call(api, 'DELETE', `/v1/webhooks/${id}`)).json()).toMatchObject({ id });
    expect((await call(api, 'GET', `/v1/webhooks/${id}`)).json().error.code).toBe(
      'WEBHOOK_NOT_FOUND',
    );
    expect(await api.webhooks.deliveries.get(delivery.id)).toBe(null);
  });

  test('is changed key by key, and null clears a key', async ({ api }) => {
    const { id } = await make(api, { types: ['session.failed'], tags: ['a'] });
    const changed = await call(api, 'PATCH', `/v1/webhooks/${id}`, {
      types: null,
      tags: ['b'],
      url: `${URL}/2`,
    });
    expect(changed.json()).toMatchObject({ url: `${URL}/2`, tags: ['b'], enabled: true });
    expect(changed.json()).not.toHaveProperty('types');
  });

  test('shows why it is disabled until it is enabled again', async ({ api }) => {
    const { id } = await make(api);
    const off = await call(api, 'PATCH', `/v1/webhooks/${id}`, { enabled: false });
    expect(off.json()).toMatchObject({
      enabled: false,
      disabled: { code: 'asked', message: 'disabled by request', at: expect.any(String) },
    });
    const on = await call(api, 'PATCH', `/v1/webhooks/${id}`, { enabled: true });
    expect(on.json()).toMatchObject({ enabled: true });
    expect(on.json()).not.toHaveProperty('disabled');
  });

  test.for([
    [{}, 400, 'INVALID_REQUEST', 'url'],
    [{ url: 'ftp://x.test' }, 400, 'INVALID_REQUEST', 'url'],
    [{ url: URL, types: ['session.queued'] }, 400, 'INVALID_REQUEST', 'types.0'],
    [{ url: URL, enabled: true }, 400, 'INVALID_REQUEST', 'enabled'],
    [{ url: 'https://127.0.0.1/x' }, 422, 'WEBHOOK_URL_NOT_ALLOWED', 'url'],
    [{ url: 'https://169.254.169.254/x' }, 422, 'WEBHOOK_URL_NOT_ALLOWED', 'url'],
    [{ url: 'http://hooks.example.test' }, 422, 'WEBHOOK_URL_NOT_ALLOWED', 'url'],
  ] as const)('with %j is refused', async ([payload, status, code, field], { api }) => {
    const answer = await call(api, 'POST', '/v1/webhooks', payload);
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ error: { code, details: { field } } });
  });

  test('cannot be changed to a forbidden address', async ({ api }) => {
    const { id } = await make(api);
    const answer = await call(api, 'PATCH', `/v1/webhooks/${id}`, { url: 'https://10.0.0.1/' });
    expect(answer.json()).toMatchObject({ error: { code: 'WEBHOOK_URL_NOT_ALLOWED' } });
    expect((await call(api, 'GET', `/v1/webhooks/${id}`)).json()).toMatchObject({ url: URL });
  });

  test.for([
    ['GET', ''],
    ['PATCH', ''],
    ['DELETE', ''],
    ['GET', '/deliveries'],
    ['POST', `/deliveries/${newId()}/redeliver`],
  ] as const)('with an unknown id: %s %s answers 404', async ([method, path], { api }) => {
    const body = method === 'PATCH' ? { enabled: true } : undefined;
    const answer = await call(api, method, `/v1/webhooks/${newId()}${path}`, body);
    expect([answer.statusCode, answer.json().error.code]).toEqual([404, 'WEBHOOK_NOT_FOUND']);
  });

  test('is refused if there are a hundred already', async ({ api }) => {
    const { webhooks } = (await call(api, 'GET', '/v1/webhooks')).json();
    for (let n = webhooks.length; n < 100; n += 1) await make(api);
    const answer = await call(api, 'POST', '/v1/webhooks', { url: URL });
    expect([answer.statusCode, answer.json().error.code]).toEqual([429, 'LIMIT_EXCEEDED']);
    const { webhooks: all } = (await call(api, 'GET', '/v1/webhooks')).json();
    for (const { id } of all) await call(api, 'DELETE', `/v1/webhooks/${id}`);
  });
});

describe('the log of a webhook', () => {
  test('is returned in pages and can be filtered by status', async ({ api }) => {
    const { id } = await make(api);
    const made = [];
    for (let n = 0; n < 5; n += 1) made.push(await log(api, id));
    const [failed] = made;
    if (failed) await api.webhooks.deliveries.record(failed, { kind: 'failed', error: 'so' });
    const first = (await call(api, 'GET', `/v1/webhooks/${id}/deliveries?limit=3`)).json();
    const next = (
      await call(api, 'GET', `/v1/webhooks/${id}/deliveries?limit=3&cursor=${first.next_cursor}`)
    ).json();
    const ids = [...first.deliveries, ...next.deliveries].map((one: { id: string }) => one.id);
    expect(ids.sort()).toEqual(made.map((one) => one.id).sort());
    expect(next).not.toHaveProperty('next_cursor');
    const one = (await call(api, 'GET', `/v1/webhooks/${id}/deliveries?status=failed`)).json();
    expect(one.deliveries).toMatchObject([
      { id: failed?.id, status: 'failed', error: 'so', type: 'session.completed', tries: [] },
    ]);
    const bad = await call(api, 'GET', `/v1/webhooks/${id}/deliveries?cursor=nonsense`);
    expect(bad.json()).toMatchObject({
      error: { code: 'INVALID_REQUEST', details: { field: 'cursor' } },
    });
  });

  test('lets a caller redeliver a delivery', async ({ api }) => {
    const { id } = await make(api);
    const delivery = await log(api, id);
    await api.webhooks.deliveries.record(delivery, { kind: 'failed', error: 'so' });
    const path = `/v1/webhooks/${id}/deliveries/${delivery.id}/redeliver`;
    const answer = await call(api, 'POST', path);
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toMatchObject({ id: delivery.id, status: 'pending' });
    expect(answer.json()).not.toHaveProperty('error');
    expect(await api.webhooks.queue.restore({ id: delivery.id, round: 1 })).toBe(false);
  });

  test('lets nobody redeliver if the webhook is disabled or the delivery belongs to another webhook', async ({
    api,
  }) => {
    const [one, two] = [await make(api), await make(api)];
    const delivery = await log(api, one.id);
    const others = await call(
      api,
      'POST',
      `/v1/webhooks/${two.id}/deliveries/${delivery.id}/redeliver`,
    );
    expect([others.statusCode, others.json().error.code]).toEqual([404, 'DELIVERY_NOT_FOUND']);
    await call(api, 'PATCH', `/v1/webhooks/${one.id}`, { enabled: false });
    const path = `/v1/webhooks/${one.id}/deliveries/${delivery.id}/redeliver`;
    const off = await call(api, 'POST', path);
    expect([off.statusCode, off.json().error.code]).toEqual([409, 'WEBHOOK_DISABLED']);
  });
});
