// The promises of the README, one by one: each test is named after a fault and makes it happen.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  connectMongo,
  createEventStore,
  createProducer,
  createSessionStore,
  createTranscriptStore,
  isTerminal,
  newId,
  type Session,
} from '@baton/core';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type Services, startServices } from '../../scripts/dev-services/services.ts';
import { fakePrompt } from '../fake-claude/install.ts';
import type { Step } from '../fake-claude/script.ts';
import { isAlive } from '../support/alive.ts';
import { openApi } from '../support/api.ts';
import { type Fleet, test as fakeTest } from '../support/fleet.ts';
import { startEnvironment } from '../support/launcher.ts';
import type { MessagesApi } from '../support/messages-api/messages-api.ts';
import { type Reply, text, toolUse } from '../support/messages-api/reply.ts';
import type { MessagesRequest } from '../support/messages-api/request.ts';
import { claudeBin } from '../support/real-claude.ts';
import { testWithModel } from '../support/scripted-fleet.ts';
import { waitFor } from '../support/wait.ts';
import { startWorker } from '../support/worker-process.ts';

const GO_ON = 'Continue from where you left off.';

const isRunning = ({ status }: { status: string }) => status === 'running';

// In the first attempt it answers half, or has a tool run for ever; once told to go on it answers.
function answer({ prompt, prompts }: MessagesRequest): Reply {
  if (prompt === GO_ON) return text('The rest.');
  const [verb, file] = (prompts[0] ?? '').split(' ');
  if (verb === 'run') return toolUse('Bash', { command: `echo $$ > ${file}; sleep 600; true` });
  const half = (piece: number) => (piece < 2 ? Promise.resolve() : new Promise(() => undefined));
  return text(['half ', 'of ', 'it'], { pace: half });
}

const test = testWithModel(answer);

/** What a worker needs to run the real CLI against this model. */
const realCli = (api: MessagesApi) => ({
  CLAUDE_BIN: claudeBin(),
  ANTHROPIC_BASE_URL: api.url,
  ANTHROPIC_API_KEY: 'dummy-key-of-the-tests',
});

async function transcriptOf({ db }: Fleet, session: Session): Promise<string> {
  const store = createTranscriptStore(db);
  let whole = '';
  for (const file of session.transcript.files) {
    for await (const data of store.read(file, [session])) whole += data.toString();
  }
  return whole;
}

/** A session in the middle of a streamed answer: its prompt is saved. */
async function streaming(fleet: Fleet): Promise<Session> {
  const id = await fleet.launch({ query: 'stream it' });
  await waitFor('its prompt to be saved', async () => {
    const session = await fleet.session(id).catch(() => null);
    return session !== null && (await transcriptOf(fleet, session)).includes('stream it');
  });
  return fleet.until(id, 'running', isRunning);
}

/** A session in the middle of a tool call, which is saved; and the process of its shell. */
async function usingATool(fleet: Fleet, name: string) {
  const file = join(fleet.root, `${name}.pid`);
  const id = await fleet.launch({ query: `run ${file}`, allowed_tools: ['Bash'] });
  await waitFor('its call to be saved', async () => {
    const session = await fleet.session(id).catch(() => null);
    return session !== null && (await transcriptOf(fleet, session)).includes('"tool_use"');
  });
  const shell = await waitFor('the shell', async () => {
    const said = await readFile(file, 'utf8').catch(() => '');
    return said.endsWith('\n') && Number(said);
  });
  return { session: await fleet.until(id, 'running', isRunning), shell };
}

function requestsOf(api: MessagesApi, { id }: Session): MessagesRequest[] {
  return api.requests.filter(({ sessionId }) => sessionId === id);
}

/** All that readers were told before is still there, and nothing is there twice. */
async function expectWhole(fleet: Fleet, id: string, told: { seq: number }[]): Promise<void> {
  const events = await fleet.events(id);
  expect(events.slice(0, told.length)).toEqual(told);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
}

describe.concurrent('with the real CLI', () => {
  test('a worker is SIGKILLed in the middle of a turn: another resumes the session, nothing told is lost or doubled, its processes are gone', async ({
    fleet,
    api,
  }) => {
    const mine = fleet.sibling();
    // The lease and every other setting that decide how long it takes are the defaults.
    const settings = { ...realCli(api), LEASE_MS: '12000' };
    const victim = await mine.worker(settings);
    const [streamed, tool] = await Promise.all([streaming(mine), usingATool(mine, 'killed')]);
    const ids = [streamed.id, tool.session.id];
    const told = await Promise.all(ids.map((id) => mine.events(id)));
    const survivor = await mine.worker(settings);
    const killedAt = Date.now();
    await victim.kill();

    for (const [index, id] of ids.entries()) {
      const session = await mine.ended(id);
      expect(session).toMatchObject({
        status: 'completed',
        result: { result: 'The rest.' },
        counts: { crashes: 1, retries: 0, hand_backs: 0 },
        attempts: [{ worker_id: victim.id }, { worker_id: survivor.id }],
      });
      const taken = session.attempts[1]?.started_at.getTime() ?? 0;
      expect(taken - killedAt).toBeLessThan(30_000);
      await expectWhole(mine, id, told[index] ?? []);
      const [first, second, ...more] = requestsOf(api, session);
      expect(more).toEqual([]);
      expect(second?.prompts).toEqual([first?.prompt, GO_ON]);
      expect(isAlive(session.attempts[0]?.pid)).toBe(false);
    }
    expect(isAlive(tool.shell)).toBe(false);
  });

  test('a deploy (SIGTERM): what is not finished within the window runs elsewhere at once, and it costs no attempt', async ({
    fleet,
    api,
  }) => {
    const mine = fleet.sibling();
    const leaving = await mine.worker({ ...realCli(api), DRAIN_TIMEOUT_MS: '100' });
    const { session, shell } = await usingATool(mine, 'deployed');
    const told = await mine.events(session.id);
    const staying = await mine.worker(realCli(api));
    expect(await leaving.stop()).toEqual({ code: 0, signal: null });

    const ended = await mine.ended(session.id);
    expect(ended).toMatchObject({
      status: 'completed',
      result: { result: 'The rest.' },
      counts: { crashes: 0, retries: 0, hand_backs: 1 },
      attempts: [{ worker_id: leaving.id, outcome: 'handed_back' }, { worker_id: staying.id }],
    });
    const [first, second] = ended.attempts;
    const between = (second?.started_at.getTime() ?? 0) - (first?.ended_at?.getTime() ?? 0);
    expect(between).toBeLessThan(2_000);
    await expectWhole(mine, session.id, told);
    const [, resumed] = requestsOf(api, ended);
    // The model is told that the call was cut off, not that a person refused it.
    const history = JSON.stringify(resumed?.body.messages);
    expect(history).toContain('interrupted');
    expect(history).not.toContain('want to proceed');
    expect(isAlive(shell)).toBe(false);
  });
});

describe.concurrent('with servers that are killed', () => {
  let services: Services;
  beforeAll(async () => {
    services = await startServices({ env: startEnvironment(), log: () => {} });
  });
  afterAll(() => services.stop());

  fakeTest(
    'Redis restarts, or loses everything; MongoDB is away: running sessions finish, queued ones run once, nothing is lost',
    async ({ fleet, onTestFinished }) => {
      const { redis, mongodb } = services;
      const url = new URL(mongodb.url);
      url.pathname = '/reliability';
      const env = { ...fleet.env, REDIS_URL: redis.url, MONGODB_URL: url.href };
      const prefix = env['QUEUE_PREFIX'] ?? '';
      const mongo = connectMongo(url.href);
      const client = new Redis(redis.url);
      client.on('error', () => {}); // it is away for a while
      const producer = createProducer({ connection: client, prefix });
      const api = await openApi({ redis: redis.url, mongodb: url.href, prefix });
      const worker = await startWorker({ ...env, WORKER_CONCURRENCY: '1' });
      onTestFinished(async () => {
        await worker.kill();
        await producer.close();
        client.disconnect();
        await api.close();
        await mongo.close();
      });
      const sessions = createSessionStore(mongo.db);
      const until = (id: string, what: string, look: (session: Session) => boolean) =>
        waitFor(`${id} to be ${what}`, async () => {
          const session = await sessions.get(id).catch(() => null);
          return session !== null && look(session) && session;
        });
      const launch = async (steps: Step[]) =>
        (await producer.launchSession({ query: fakePrompt(steps) })).id;
      const file = (name: string) => join(fleet.root, `servers.${name}`);

      const steps = [
        { wait_for: file('go') },
        { say: 'line', times: 500 },
        { touch: file('said') },
      ];
      const running = await launch([{ say: 'ready' }, ...steps, { wait_for: file('end') }]);
      await until(running, 'running', isRunning);
      const queued = await Promise.all([1, 2, 3].map((n) => launch([{ say: `hello ${n}` }])));
      for (const id of queued) await until(id, 'stored', ({ status }) => status === 'queued');

      await redis.outages?.kill();
      await redis.outages?.start();
      await client.flushall();

      await mongodb.outages?.kill();
      await writeFile(file('go'), '');
      await waitFor('the run to go on', () =>
        readFile(file('said')).then(
          () => true,
          () => false,
        ),
      );
      const read = await api.app.inject({ url: `/v1/sessions/${running}` });
      expect([read.statusCode, read.json().error.code]).toEqual([503, 'UNAVAILABLE']);
      await mongodb.outages?.start();
      await writeFile(file('end'), '');

      const ended = await until(running, 'over', ({ status }) => isTerminal(status));
      expect(ended).toMatchObject({ status: 'completed', result: { result: 'line 500' } });
      expect(ended.attempts).toHaveLength(1);
      expect(ended.last_event_seq).toBe(3 + 500 + 1);
      const events = await createEventStore(mongo.db).page({
        ...{ sessionId: running, after: 0, upTo: ended.last_event_seq, limit: 1_000 },
      });
      const texts = events.flatMap(({ type, raw }) =>
        type === 'assistant' ? [JSON.parse(raw).message.content[0].text] : [],
      );
      expect(texts).toEqual(['ready', ...Array.from({ length: 500 }, (_, n) => `line ${n + 1}`)]);
      for (const [n, id] of queued.entries()) {
        const session = await until(id, 'over', ({ status }) => isTerminal(status));
        expect(session).toMatchObject({
          status: 'completed',
          result: { result: `hello ${n + 1}` },
          attempts: [{ attempt: 1 }],
        });
        expect(session.attempts).toHaveLength(1);
      }
    },
  );
});

// What the CLI does, and the code that tells it from the others.
const MISBEHAVIOUR: [string, Step[], object, string][] = [
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

describe.concurrent('with one worker', () => {
  const oneWorker = fakeTest.extend<{ $file: { one: Fleet } }>({
    one: [
      async ({ fleet }, use) => {
        const one = fleet.sibling();
        await one.worker();
        await use(one);
      },
      { scope: 'file' },
    ],
  });

  oneWorker(
    'the API dies between its two writes: asking again with the same id is the same session, run once',
    async ({ one }) => {
      const id = newId();
      const config = { query: 'once' };
      // The first write alone: a job without a document.
      await one.queue.add('launch', { version: 1, kind: 'launch', id, config }, { jobId: id });
      expect(await one.launch(config, { id })).toBe(id);
      const session = await one.ended(id);
      expect(await one.launch(config, { id })).toBe(id);
      expect(session.attempts).toHaveLength(1);
      expect(session.last_event_seq).toBe(4);
      expect(await one.session(id)).toEqual(session);
    },
  );

  oneWorker(
    'the CLI hangs, floods, prints garbage, never exits, ignores SIGTERM: bounded, concluded, and told apart',
    async ({ one }) => {
      const ids = await Promise.all(
        MISBEHAVIOUR.map(([, steps, timeouts]) => one.play(steps, { timeouts })),
      );
      for (const [index, [what, , , code]] of MISBEHAVIOUR.entries()) {
        const session = await one.ended(ids[index] ?? '');
        expect(session, what).toMatchObject({ status: 'failed', failure: { code } });
        expect(isAlive(session.attempts[0]?.pid), what).toBe(false);
      }
      const flood = await one.play([{ say: 'line', times: 20_000 }]);
      const late = await one.play([{ say: 'done' }, { result: {} }, { hang: true }], {
        timeouts: { exit_ms: 500 },
      });
      expect(await one.ended(flood)).toMatchObject({ status: 'completed', last_event_seq: 20_003 });
      expect(await one.ended(late)).toMatchObject({ status: 'completed' });
    },
  );

  oneWorker(
    'bad input of any kind: a coded 4xx that names the field, or a failed session that says why',
    async ({ one }) => {
      const api = await openApi({
        redis: one.env['REDIS_URL'] ?? '',
        mongodb: one.env['MONGODB_URL'] ?? '',
        prefix: one.env['QUEUE_PREFIX'] ?? '',
      });
      const bodies: [object, number, string, string][] = [
        [{}, 400, 'INVALID_REQUEST', 'query'],
        [{ query: 'hi', max_turns: 'many' }, 400, 'INVALID_REQUEST', 'max_turns'],
        [{ query: 'hi', working_dir: '/etc' }, 422, 'WORKING_DIR_NOT_ALLOWED', 'working_dir'],
        [{ query: 'hi', env: { PATH: '/mine' } }, 422, 'ENV_NOT_ALLOWED', 'env.PATH'],
      ];
      for (const [payload, status, code, field] of bodies) {
        const asked = await api.app.inject({ method: 'POST', url: '/v1/sessions', payload });
        expect([asked.statusCode, asked.json().error.code]).toEqual([status, code]);
        expect(asked.json().error.details.field).toBe(field);
      }
      await api.close();
      // The same by way of the queue, around the API.
      for (const [config, , code, field] of bodies) {
        const id = newId();
        await one.queue.add('launch', { version: 1, kind: 'launch', id, config }, { jobId: id });
        const session = await waitFor(`${code} to be found`, async () => {
          const found = await one.session(id).catch(() => null);
          return found !== null && isTerminal(found.status) && found;
        });
        expect(session).toMatchObject({ status: 'failed', failure: { code } });
        expect(session.failure?.field).toMatch(new RegExp(`${field}$`));
      }
    },
  );
});
