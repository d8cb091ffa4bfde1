import { NO_TOTALS } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { makeCompletedSession } from '../../../support/factories.ts';
import { type KeyedApi, test } from '../../../support/keyed-api.ts';

async function write(keyed: KeyedApi) {
  const { key, text } = await keyed.keys.create({ name: 'w', tenant: 'default', scope: 'write' });
  return { id: key.id, headers: { authorization: `Bearer ${text}` } };
}

describe('the api_key_id of a session', () => {
  test("is the caller's key for a launch, a bulk launch and a continue", async ({ keyed }) => {
    const [mine, other] = [await write(keyed), await write(keyed)];
    const post = (url: string, payload: object, { headers } = mine) =>
      keyed.app.inject({ method: 'POST', url, headers, payload });

    const launched = (await post('/v1/sessions', { query: 'hi' })).json();
    expect(launched.api_key_id).toBe(mine.id);

    const many = (await post('/v1/sessions/bulk', { sessions: [{ query: 'hi' }] }, other)).json();
    expect(many.results[0].session.api_key_id).toBe(other.id);

    const parent = await keyed.stores.sessions.insertIfAbsent(
      makeCompletedSession({ api_key_id: mine.id }),
    );
    const url = `/v1/sessions/${parent.id}/continue`;
    const continued = (await post(url, { query: 'go on' }, other)).json();
    expect(continued.api_key_id).toBe(other.id);
  });

  test('is the key that created or last enabled the schedule, if a schedule launched the session', async ({
    keyed,
    db,
  }) => {
    const [mine, other] = [await write(keyed), await write(keyed)];
    const ask = (method: 'POST' | 'PATCH', url: string, payload: object, { headers } = mine) =>
      keyed.app.inject({ method, url, headers, payload });
    const made = await ask('POST', '/v1/schedules', {
      every_ms: 3_600_000,
      launch: { query: 'hi' },
    });
    const { id } = made.json();
    const schedules = db.collection<{ _id: string; api_key_id?: string }>('schedules');
    const keyOf = async () => (await schedules.findOne({ _id: id }))?.api_key_id;
    expect(await keyOf()).toBe(mine.id);
    await ask('PATCH', `/v1/schedules/${id}`, { title: 'Theirs', enabled: false }, other);
    expect(await keyOf()).toBe(mine.id);
    const taken = await ask('PATCH', `/v1/schedules/${id}`, { enabled: true }, other);
    expect(taken.statusCode, taken.body).toBe(200);
    expect(await keyOf()).toBe(other.id);
  });

  test('cannot be set by the caller', async ({ keyed }) => {
    const { headers } = await write(keyed);
    const payload = { query: 'hi', api_key_id: 'another' };
    const answer = await keyed.app.inject({
      method: 'POST',
      url: '/v1/sessions',
      headers,
      payload,
    });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error.details.field).toBe('api_key_id');
  });

  test('can be used to group the usage', async ({ keyed }) => {
    const { id, headers } = await write(keyed);
    const totals = { ...NO_TOTALS, cost_usd: 3 };
    await keyed.stores.sessions.insertIfAbsent(makeCompletedSession({ api_key_id: id, totals }));
    const answer = await keyed.app.inject({ url: '/v1/usage?group_by=key', headers });
    expect(answer.json().groups).toContainEqual(
      expect.objectContaining({ group: id, sessions: 1, cost_usd: 3 }),
    );
  });

  test('is the first key, even if another key of the tenant repeats the idempotent launch', async ({
    keyed,
  }) => {
    const [old, fresh] = [await write(keyed), await write(keyed)];
    const launch = ({ headers }: typeof old) =>
      keyed.app.inject({
        method: 'POST',
        url: '/v1/sessions',
        payload: { query: 'hi' },
        headers: { ...headers, 'idempotency-key': 'exchange' },
      });
    const first = (await launch(old)).json();
    const second = await launch(fresh);
    expect(second.statusCode, second.body).toBe(202);
    expect(second.json()).toMatchObject({ id: first.id, api_key_id: old.id });
  });
});
