// Faults of servers, callers and the CLI.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createProducer, isTerminal, newId, type Session } from '@baton/core/internal';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Services, startServices } from '../../tools/dev-services/services.ts';
import { fakePrompt } from '../fake-claude/install.ts';
import type { Step } from '../fake-claude/script.ts';
import { isAlive } from '../support/alive.ts';
import { openApi } from '../support/api.ts';
import { test as base, type Fleet } from '../support/fleet.ts';
import { startEnvironment } from '../support/launcher.ts';
import { waitFor } from '../support/wait.ts';
import { startWorker } from '../support/worker-process.ts';

/** `test` with one worker for the file. */
const test = base.extend<{ $file: { one: Fleet } }>({
  one: [
    async ({ fleet }, use) => {
      await fleet.worker();
      await use(fleet);
    },
    { scope: 'file' },
  ],
});

let services: Services;

beforeAll(async () => {
  services = await startServices({ env: startEnvironment(), log: () => {} });
});
afterAll(() => services.stop());

const exists = (path: string) =>
  readFile(path).then(
    () => true,
    () => false,
  );

test.concurrent('running sessions finish and queued sessions run once although MongoDB is away and Redis loses all data', async ({
  fleet,
  onTestFinished,
}) => {
  const { redis, mongodb } = services;
  const url = new URL(mongodb.url);
  url.pathname = '/reliability';
  const prefix = fleet.env['QUEUE_PREFIX'] ?? '';
  const client = new Redis(redis.url);
  client.on('error', () => {}); // the server is away for a while
  const producer = createProducer({ connection: client, prefix });
  const api = await openApi({ redis: redis.url, mongodb: url.href, prefix });
  const worker = await startWorker({
    ...fleet.env,
    REDIS_URL: redis.url,
    MONGODB_URL: url.href,
    WORKER_CONCURRENCY: '1',
  });
  onTestFinished(async () => {
    await worker.kill();
    await producer.close();
    client.disconnect();
    await api.close();
  });
  const { sessions, events: storedEvents } = api.stores;
  const until = (id: string, what: string, look: (session: Session) => boolean) =>
    waitFor(
      `${id} to be ${what}`,
      async () => {
        const session = await sessions.get(id).catch(() => null);
        return session !== null && look(session) && session;
      },
      60_000,
    );
  const ended = (id: string) => until(id, 'over', ({ status }) => isTerminal(status));
  const launch = async (steps: Step[]) =>
    (await producer.launchSession({ query: fakePrompt(steps) })).id;
  const file = (name: string) => join(fleet.root, `servers.${name}`);

  const steps = [{ wait_for: file('go') }, { say: 'line', times: 500 }, { touch: file('said') }];
  const running = await launch([{ say: 'ready' }, ...steps, { wait_for: file('end') }]);
  await until(running, 'running', ({ status }) => status === 'running');
  const queued = await Promise.all([1, 2, 3].map((n) => launch([{ say: `hello ${n}` }])));
  for (const id of queued) await until(id, 'stored', ({ status }) => status === 'queued');

  await mongodb.outages?.kill();
  await writeFile(file('go'), '');
  await waitFor('the run to print its lines', () => exists(file('said')));
  const read = await api.app.inject({ url: `/v1/sessions/${running}` });
  expect([read.statusCode, read.json().error.code]).toEqual([503, 'UNAVAILABLE']);
  await mongodb.outages?.start();
  // Only one store is away at a time, because a worker stops a session that neither store confirms.
  const { last_event_seq } = await until(running, 'recorded', (one) => one.last_event_seq > 500);

  await redis.outages?.kill();
  await redis.outages?.start();
  await client.flushall();
  await writeFile(file('end'), '');

  const session = await ended(running);
  expect(session).toMatchObject({ status: 'completed', result: { result: 'line 500' } });
  expect(session.attempts).toHaveLength(1);
  const upTo = session.last_event_seq;
  expect(upTo).toBe(last_event_seq + 1);
  const events = await storedEvents.page({
    sessionId: running,
    after: 0,
    upTo,
    limit: 1_000,
  });
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  const texts = events.flatMap(({ type, raw }) =>
    type === 'assistant' ? [JSON.parse(raw).message.content[0].text] : [],
  );
  expect(texts).toEqual(['ready', ...Array.from({ length: 500 }, (_, n) => `line ${n + 1}`)]);
  for (const [n, id] of queued.entries()) {
    const one = await ended(id);
    expect(one).toMatchObject({ status: 'completed', result: { result: `hello ${n + 1}` } });
    expect(one.attempts).toHaveLength(1);
  }
});

test.concurrent('a launch repeated with the same id makes one session that runs once, even if the API died between its two writes', async ({
  one,
}) => {
  const id = newId();
  const config = { query: 'once' };
  // Only the first write was made: there is a job without a document.
  await one.queue.add('launch', { version: 1, kind: 'launch', id, config }, { jobId: id });
  expect(await one.launch(config, { id })).toBe(id);
  await waitFor('its document', () => one.session(id).catch(() => undefined));
  const session = await one.ended(id);
  expect(session).toMatchObject({ status: 'completed', last_event_seq: 4 });
  expect(session.attempts).toHaveLength(1);
  expect(await one.launch(config, { id })).toBe(id);
  expect(await one.session(id)).toEqual(session);
});

// What the CLI does wrong, and the failure code for it.
const MISBEHAVIOUR: [string, Step[], Record<string, number>, string][] = [
  [
    'hangs before its first line',
    [{ init: false }, { hang: true }],
    { startup_ms: 500 },
    'STARTUP_TIMEOUT',
  ],
  ['hangs later', [{ say: 'so' }, { hang: true }], { idle_ms: 500 }, 'IDLE_TIMEOUT'],
  [
    'never stops talking',
    [{ say: 'and', times: 100_000, every_ms: 20 }],
    { wall_clock_ms: 1_500 },
    'WALL_CLOCK_TIMEOUT',
  ],
  ['prints garbage', [{ raw: '{"type":\n\u0000\nnonsense\n' }, { result: false }], {}, 'PROTOCOL'],
  [
    'ignores SIGTERM',
    [{ ignore: ['SIGTERM', 'SIGINT'] }, { say: 'no' }, { hang: true }],
    { idle_ms: 500 },
    'IDLE_TIMEOUT',
  ],
];

test.concurrent('a session ends with the right code if the CLI hangs, floods, prints garbage, never exits or ignores SIGTERM', async ({
  one,
}) => {
  const flood = await one.play([{ say: 'line', times: 20_000 }]);
  const late = await one.play([{ say: 'done' }, { result: {} }, { hang: true }], {
    timeouts: { exit_ms: 500 },
  });
  const ids = await Promise.all(
    MISBEHAVIOUR.map(([, steps, timeouts]) => one.play(steps, { timeouts })),
  );
  await waitFor('the last document', () => one.session(ids.at(-1) ?? '').catch(() => undefined));
  for (const [index, [what, , , code]] of MISBEHAVIOUR.entries()) {
    const session = await one.ended(ids[index] ?? '');
    expect(session, what).toMatchObject({ status: 'failed', failure: { code } });
    expect(isAlive(session.attempts[0]?.pid), what).toBe(false);
  }
  expect(await one.ended(flood)).toMatchObject({ status: 'completed', last_event_seq: 20_003 });
  expect(await one.ended(late)).toMatchObject({ status: 'completed', result: { result: 'done' } });
});

const BAD_INPUT: [object, number, string, string][] = [
  [{}, 400, 'INVALID_REQUEST', 'query'],
  [{ query: 'hi', max_turns: 'many' }, 400, 'INVALID_REQUEST', 'max_turns'],
  [{ query: 'hi', working_dir: '/etc' }, 422, 'WORKING_DIR_NOT_ALLOWED', 'working_dir'],
  [{ query: 'hi', env: { PATH: '/mine' } }, 422, 'ENV_NOT_ALLOWED', 'env.PATH'],
];

test.concurrent('the API answers bad input with a 4xx, a code and the field, and bad input in the queue becomes a failed session', async ({
  one,
}) => {
  const api = await openApi({
    redis: one.env['REDIS_URL'] ?? '',
    mongodb: one.env['MONGODB_URL'] ?? '',
    prefix: one.env['QUEUE_PREFIX'] ?? '',
  });
  for (const [payload, status, code, field] of BAD_INPUT) {
    const answer = await api.app.inject({ method: 'POST', url: '/v1/sessions', payload });
    expect(answer.statusCode).toBe(status);
    expect(answer.json().error).toMatchObject({ code, details: { field } });
  }
  await api.close();
  // The same input in jobs that are added to the queue without the API.
  for (const [config, , code, field] of BAD_INPUT) {
    const id = newId();
    await one.queue.add('launch', { version: 1, kind: 'launch', id, config }, { jobId: id });
    await waitFor('its document', () => one.session(id).catch(() => undefined));
    const { status, failure } = await one.ended(id);
    expect([status, failure?.code]).toEqual(['failed', code]);
    expect(failure?.field).toMatch(new RegExp(`(^|config\\.)${field}$`));
  }
});
