// A document that cannot be read is left out of lists. Only a call for that document fails.
import { newId } from '@baton/core/internal';
import type { Db, OptionalId } from 'mongodb';
import { describe, expect } from 'vitest';
import { type Api, test as base } from '../../../support/api.ts';
import { makeSession } from '../../../support/factories.ts';

type Odd = { _id: string } & Record<string, unknown>;

const test = base.extend<{ plant: (collection: string, odd: Odd) => Promise<unknown> }>({
  plant: ({ db }, use) =>
    use((collection, odd) => collectionOf(db, collection).insertOne(odd as OptionalId<Odd>)),
});

const collectionOf = (db: Db, name: string) => db.collection<Odd>(name);

const SCHEDULE = { cron: '0 3 * * *', launch: { query: 'hi' } };

const makeWebhook = (fields: Record<string, unknown>): Odd => ({
  _id: newId(),
  url: 'https://example.test/hook',
  secret: 'whsec_x',
  enabled: false,
  created_at: new Date(),
  updated_at: new Date(),
  ...fields,
});

async function read(api: Api, url: string) {
  const answer = await api.app.inject({ url });
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json();
}

function readErrors(api: Api, id: string): { collection: string; document_id: string }[] {
  return api.logged
    .map((line) => JSON.parse(line))
    .filter((line) => line.level === 50 && line.document_id === id);
}

const now = new Date();

const ODD_SESSIONS: Record<string, Record<string, unknown>> = {
  'almost no fields': { status: 'completed', created_at: now },
  'a lease that is null': { ...stored(), lease: null },
  'counts that are null': { ...stored(), counts: null },
  'no totals': { ...stored(), totals: undefined },
  'created_at as text': { ...stored(), created_at: 'yesterday' },
  'metadata that is not JSON': { ...stored(), metadata: '{' },
  'tags that are a number': { ...stored(), tags: 9 },
};

function stored(): Record<string, unknown> {
  const { id: _id, ...fields } = makeSession();
  return fields;
}

describe.each(Object.entries(ODD_SESSIONS))('a session with %s', (_name, fields) => {
  test('is left out of lists and pages, logged once, and answers INTERNAL when read', async ({
    api,
    db,
    plant,
  }) => {
    const { id } = await api.stores.sessions.insertIfAbsent(makeSession());
    const odd = { ...fields, _id: newId() };
    await plant('sessions', odd);
    for (let round = 0; round < 2; round += 1) {
      const { sessions } = await read(api, '/v1/sessions');
      const ids = sessions.map((one: { id: string }) => one.id);
      expect(ids).toContain(id);
      expect(ids).not.toContain(odd._id);
    }
    const page = await api.app.inject({ url: '/sessions' });
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain(id);
    expect(readErrors(api, odd._id)).toMatchObject([{ collection: 'sessions' }]);
    const own = await api.app.inject({ url: `/v1/sessions/${odd._id}` });
    expect(own.statusCode).toBe(500);
    expect(own.json().error).toMatchObject({
      code: 'INTERNAL',
      message: expect.stringContaining(odd._id),
    });
    await collectionOf(db, 'sessions').deleteOne({ _id: odd._id });
  });
});

test('pages of sessions continue past documents with an invalid created_at', async ({
  api,
  db,
  plant,
}) => {
  const tag = 'undated';
  const odd = [true, 'text', 7].map((created_at) => ({ ...stored(), tags: [tag], created_at }));
  for (const fields of odd) await plant('sessions', { ...fields, _id: newId() });
  const ids = [newId(), newId(), newId()];
  for (const id of ids) await api.stores.sessions.insertIfAbsent(makeSession({ id, tags: [tag] }));
  const seen: string[] = [];
  for (let cursor: string | undefined, rounds = 0; rounds < 8; rounds += 1) {
    const next = cursor === undefined ? '' : `&cursor=${cursor}`;
    const page = await read(api, `/v1/sessions?tag=${tag}&limit=2${next}`);
    seen.push(...page.sessions.map((one: { id: string }) => one.id));
    cursor = page.next_cursor;
    if (cursor === undefined) break;
  }
  expect(seen.toSorted()).toEqual(ids.toSorted());
  await collectionOf(db, 'sessions').deleteMany({ tags: tag });
});

test('an unreadable schedule is left out of the list and does not fire', async ({
  api,
  db,
  plant,
}) => {
  const made = await api.app.inject({ method: 'POST', url: '/v1/schedules', body: SCHEDULE });
  const { id } = made.json();
  const whole = await collectionOf(db, 'schedules').findOne({ _id: id });
  const odd: Odd[] = [
    { _id: newId(), enabled: true },
    { ...whole, _id: newId(), launch: '{' },
    { ...whole, _id: newId(), launch: 'null' },
    { ...whole, _id: newId(), cron: 7 },
    { ...whole, _id: newId(), anchor: null, created_at: 'text' },
  ];
  for (const one of odd) await plant('schedules', one);
  const { schedules } = await read(api, '/v1/schedules');
  expect(schedules.map((one: { id: string }) => one.id)).toEqual([id]);
  for (const { _id } of odd) {
    expect(readErrors(api, _id)).toMatchObject([{ collection: 'schedules' }]);
    const own = await api.app.inject({ url: `/v1/schedules/${_id}` });
    expect(own.json().error).toMatchObject({ code: 'INTERNAL' });
  }
  const fired = (await api.schedules.store.timetables()).map((one) => one.id);
  expect(fired).toContain(id);
  expect(fired).not.toContain(odd[0]?._id);
  await api.schedules.verbs.reconcile();
  await collectionOf(db, 'schedules').deleteMany({});
});

test('an unreadable webhook is left out of the list', async ({ api, db, plant }) => {
  const good = makeWebhook({});
  const odd = [{ created_at: 'text' }, { tags: 9 }, { failures: 'many' }].map(makeWebhook);
  for (const one of [good, ...odd]) await plant('webhooks', one);
  const { webhooks } = await read(api, '/v1/webhooks');
  expect(webhooks.map((one: { id: string }) => one.id)).toEqual([good._id]);
  for (const { _id } of odd) {
    expect(readErrors(api, _id)).toMatchObject([{ collection: 'webhooks' }]);
    const own = await api.app.inject({ url: `/v1/webhooks/${_id}` });
    expect(own.json().error).toMatchObject({ code: 'INTERNAL' });
  }
  await collectionOf(db, 'webhooks').deleteMany({});
});

test("an unreadable delivery is left out of its webhook's log", async ({ api, db, plant }) => {
  const hook = makeWebhook({});
  await plant('webhooks', hook);
  const good = {
    webhook_id: hook._id,
    session_id: newId(),
    type: 'session.completed',
    attempt: 1,
    at: now,
    status: 'failed',
    round: 0,
    tries_made: 0,
    tries: [],
    created_at: now,
  };
  const [id, odd] = [newId(), newId()];
  await plant('webhook_deliveries', { ...good, _id: id });
  await plant('webhook_deliveries', { ...good, _id: odd, tries: 3 });
  const { deliveries } = await read(api, `/v1/webhooks/${hook._id}/deliveries`);
  expect(deliveries.map((one: { id: string }) => one.id)).toEqual([id]);
  expect(readErrors(api, odd)).toMatchObject([{ collection: 'webhook_deliveries' }]);
  await collectionOf(db, 'webhooks').deleteMany({});
});

test('an unreadable limit is left out of the list and can be set again', async ({ api, plant }) => {
  const put = () =>
    api.app.inject({
      method: 'PUT',
      url: '/v1/limits/tag/odd',
      body: { max_sessions_at_once: 1 },
    });
  await plant('limits', { _id: 'tag:odd', kind: 'tag', name: 'odd' });
  expect(await read(api, '/v1/limits')).toEqual({ limits: [] });
  expect(readErrors(api, 'tag:odd')).toMatchObject([{ collection: 'limits' }]);
  const own = await api.app.inject({ url: '/v1/limits/tag/odd' });
  expect(own.json().error).toMatchObject({ code: 'INTERNAL' });
  expect((await put()).statusCode).toBe(200);
  expect((await read(api, '/v1/limits')).limits).toHaveLength(1);
});
