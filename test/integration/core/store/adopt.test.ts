import { createAdopter, type FoundJob, type Job, newId } from '@baton/core/internal';
import { Queue } from 'bullmq';
import { describe, expect } from 'vitest';
import {
  makeCompletedSession,
  makeContinueJob,
  makeFullConfig,
  makeLaunchJob,
} from '../../../support/factories.ts';
import { redisUrl } from '../../../support/services.ts';
import { test as base } from '../stores.ts';

const test = base.extend('adopter', ({ stores, queue }) =>
  createAdopter(stores, (id) => queue.find(id)),
);

const timestamp = Date.UTC(2026, 0, 2, 3, 4, 5);
const found = (job: Job, data: unknown = job): FoundJob => ({ id: job.id, data, timestamp });

describe('adopting the job of a launch', () => {
  test('stores the queued document, which later calls return unchanged', async ({
    adopter,
    stores,
  }) => {
    const job = makeLaunchJob({ config: makeFullConfig(), title: 'T' });
    const session = await adopter.adopt(found(job));
    expect(session).toMatchObject({
      id: job.id,
      run_id: job.id,
      status: 'queued',
      config: makeFullConfig(),
      title: 'T',
      created_at: new Date(timestamp),
    });
    expect(await stores.sessions.get(job.id)).toEqual(session);
    expect(await adopter.adopt(found(job))).toEqual(session);
  });

  test('returns the stored document if the payload differs', async ({ adopter }) => {
    const job = makeLaunchJob();
    const first = await adopter.adopt(found(job));
    const another = { ...job, config: { query: 'another' } };
    expect(await adopter.adopt(found(another))).toEqual(first);
    expect(await adopter.adopt(found(job, 'garbage'))).toEqual(first);
    expect(await adopter.adopt(found(another), { isNew: true })).toEqual(first);
    expect(await adopter.find(job.id)).toEqual(first);
  });

  test('makes one document when many callers race', async ({ adopter, db }) => {
    const job = makeLaunchJob();
    const all = await Promise.all(Array.from({ length: 32 }, () => adopter.adopt(found(job))));
    expect(new Set(all.map((session) => JSON.stringify(session))).size).toBe(1);
    const ids = db.collection<{ _id: string }>('sessions');
    expect(await ids.countDocuments({ _id: job.id })).toBe(1);
  });

  test("uses the current time if the job's timestamp is invalid", async ({ adopter }) => {
    for (const wrong of [Number.NaN, -5, 1e18, Number.POSITIVE_INFINITY]) {
      const job = makeLaunchJob();
      const session = await adopter.adopt({ id: job.id, data: job, timestamp: wrong });
      expect(session.status).toBe('queued');
      // biome-ignore lint/plugin: this compares two clocks, and a stall of a minute would fail any test
      expect(Math.abs(session.created_at.getTime() - Date.now())).toBeLessThan(60_000);
    }
  });
});

describe('adopting the job of a continue', () => {
  test("merges the parent's config and joins its conversation", async ({ adopter, stores }) => {
    const parent = makeCompletedSession({ config: makeFullConfig() });
    await stores.sessions.insertIfAbsent(parent);
    const overrides = { query: 'go on', model: 'haiku', env: null, verbose: undefined };
    const session = await adopter.adopt(found(makeContinueJob(parent.id, { overrides })));
    const { env: _env, max_turns: _turns, max_budget_usd: _budget, ...rest } = makeFullConfig();
    expect(session).toMatchObject({
      kind: 'continue',
      status: 'queued',
      query: 'go on',
      model: 'haiku',
      parent_session_id: parent.id,
      root_session_id: parent.id,
      claude_session_id: parent.id,
    });
    expect(session.config).toEqual({ ...rest, query: 'go on', model: 'haiku' });
    expect(await stores.sessions.get(parent.id)).toEqual(parent);
  });

  test('first adopts ancestors that are only in the queue', async ({ adopter, stores, queue }) => {
    const root = makeLaunchJob({ config: { query: 'first', model: 'opus' } });
    const middle = makeContinueJob(root.id);
    const leaf = makeContinueJob(middle.id);
    for (const job of [root, middle, leaf]) await queue.add(job);
    const session = await adopter.find(leaf.id);
    expect(session).toMatchObject({ status: 'queued', model: 'opus', root_session_id: root.id });
    expect((await stores.sessions.get(middle.id))?.status).toBe('queued');
    expect((await stores.sessions.get(root.id))?.query).toBe('first');
  });

  test('makes a failed session with the reason if the parent is unknown', async ({
    adopter,
    stores,
  }) => {
    const job = makeContinueJob(newId(), { title: 'T' });
    const session = await adopter.adopt(found(job));
    expect(session).toMatchObject({
      status: 'failed',
      kind: 'continue',
      parent_session_id: job.parent_session_id,
      title: 'T',
      query: 'go on',
      failure: { code: 'PARENT_NOT_FOUND', field: 'parent_session_id' },
    });
    expect(await stores.sessions.get(job.id)).toEqual(session);
  });

  test('terminates if jobs name each other as parents in a cycle', async ({ adopter, queue }) => {
    const [a, b, c] = [newId(), newId(), newId()];
    await queue.add(makeContinueJob(c, { id: a }));
    await queue.add(makeContinueJob(a, { id: b }));
    await queue.add(makeContinueJob(b, { id: c }));
    const session = await adopter.find(a);
    expect(session?.id).toBe(a);
    expect(await adopter.find(b)).toMatchObject({ failure: { code: 'PARENT_NOT_FOUND' } });
  });

  test('makes a failed session if the job names itself as its parent', async ({
    adopter,
    queue,
  }) => {
    const id = newId();
    await queue.add(makeContinueJob(id, { id }));
    expect(await adopter.find(id)).toMatchObject({ failure: { code: 'PARENT_NOT_FOUND' } });
  });
});

describe('adopting an invalid job', () => {
  test.for<[string, object, string, string]>([
    ['a wrong type', { config: { query: 'q', model: 5 } }, 'INVALID_REQUEST', 'config.model'],
    ['half a surrogate pair', { metadata: { a: '\ud83d' } }, 'INVALID_REQUEST', 'metadata.a'],
    ['a rounded number', { metadata: { a: 2 ** 60 } }, 'INVALID_REQUEST', 'metadata.a'],
    [
      'a __proto__ key',
      { metadata: JSON.parse('{"__proto__":{}}') },
      'INVALID_REQUEST',
      'metadata.__proto__',
    ],
    ['a blank query', { config: { query: '\u00a0' } }, 'INVALID_REQUEST', 'config.query'],
    ['an unknown key', { extra: 1 }, 'INVALID_REQUEST', 'extra'],
    ['another version', { version: 2 }, 'INVALID_REQUEST', 'version'],
    ["an id that is not the job's", { id: newId() }, 'INVALID_REQUEST', 'id'],
  ])(
    'with %s makes a failed session that names the field',
    async ([, fields, code, field], { adopter }) => {
      const job = makeLaunchJob();
      expect(await adopter.adopt(found(job, { ...job, ...fields }))).toMatchObject({
        id: job.id,
        status: 'failed',
        failure: { code, field },
      });
    },
  );

  test.for<[string, unknown]>([
    ['no payload', undefined],
    ['null', null],
    ['a string as payload', 'launch'],
    ['a list as payload', []],
    ['hostile nesting', JSON.parse(`{"config":${'['.repeat(5_000)}${']'.repeat(5_000)}}`)],
    ['keys that BSON cannot store', { config: { query: 'q' }, metadata: { 'a\0b': 1 }, '\0': 1 }],
  ])('with %s makes a failed session', async ([, data], { adopter }) => {
    const job = makeLaunchJob();
    expect(await adopter.adopt({ id: job.id, data, timestamp })).toMatchObject({
      status: 'failed',
      failure: { code: 'INVALID_REQUEST' },
    });
  });

  test('with a payload over 1 MiB makes a failed session', async ({ adopter }) => {
    const job = makeLaunchJob({ config: { query: 'x'.repeat(20 * 1024 * 1024) } });
    const session = await adopter.adopt(found(job));
    expect(session).toMatchObject({ status: 'failed', failure: { code: 'PAYLOAD_TOO_LARGE' } });
    expect(session.query).toHaveLength(1024 * 1024);
  });

  test.for(['1', 'job-1', newId().toUpperCase()])(
    'whose id is %s is refused, because no document can have that id',
    async (id, { adopter, stores }) => {
      await expect(adopter.adopt({ id, data: makeLaunchJob(), timestamp })).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
      });
      expect(await stores.sessions.get(id)).toBeNull();
    },
  );
});

describe('a job that any BullMQ client added', () => {
  test('is adopted with default values', async ({ adopter, queuePrefix }) => {
    const bull = new Queue('sessions', { connection: { url: redisUrl() }, prefix: queuePrefix });
    const id = newId();
    const payload = { version: 1, kind: 'launch', id, config: { query: 'hello' } };
    const job = await bull.add('launch', payload, { jobId: id });
    await bull.close();
    expect(await adopter.find(id)).toMatchObject({
      id,
      run_id: id,
      status: 'queued',
      query: 'hello',
      created_at: new Date(job.timestamp),
    });
  });

  test('becomes a failed session if it does not parse', async ({ adopter, queuePrefix }) => {
    const bull = new Queue('sessions', { connection: { url: redisUrl() }, prefix: queuePrefix });
    const id = newId();
    await bull.add('launch', { id, config: { query: 'hello' } }, { jobId: id });
    await bull.close();
    expect(await adopter.find(id)).toMatchObject({
      status: 'failed',
      failure: { code: 'INVALID_REQUEST', field: 'kind' },
    });
  });
});

test('an id that is in neither the store nor the queue is not found', async ({ adopter }) => {
  expect(await adopter.find(newId())).toBeNull();
});
