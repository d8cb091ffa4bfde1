// Workers run jobs as any BullMQ client may add them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { newId, type Session } from '@baton/core/internal';
import { describe, expect, onTestFinished } from 'vitest';
import { formatMarker, startTimeOf } from '../../../../apps/worker/src/host/marker.ts';
import { fakePrompt } from '../../../fake-claude/install.ts';
import { makeSession } from '../../../support/factories.ts';
import { type Fleet, test } from '../../../support/fleet.ts';
import { waitFor } from '../../../support/wait.ts';

test.beforeAll(async ({ fleet }) => {
  await fleet.worker({ WORKER_CONCURRENCY: '4' });
});

async function jobState(fleet: Fleet, id: string, state: string): Promise<void> {
  await waitFor(`job ${id} to be ${state}`, async () => {
    const is = await fleet.queue.getJobState(id);
    return is === state;
  });
}

/** Stores a session as another worker left it, and adds its job. */
async function leave(fleet: Fleet, fields: Partial<Session>): Promise<Session> {
  const query = fakePrompt([{ say: 'taken over' }]);
  const session = makeSession({ query, config: { query }, ...fields });
  const stored = await fleet.baton.stores.sessions.insertIfAbsent(session);
  const { id, config } = stored;
  await fleet.queue.add('launch', { version: 1, kind: 'launch', id, config }, { jobId: id });
  return stored;
}

const attemptOfAnother = { attempt: 1, fence: 1, worker_id: 'other', host: 'elsewhere' };

describe('a session whose document no worker can use', () => {
  test.for([{ lease: null }, { counts: null }, { attempts: 7 }, { totals: null, tags: 9 }])(
    'fails with INTERNAL after a few tries, its job fails and its slot is freed: %j',
    async (odd, { fleet }) => {
      const concurrency_key = newId();
      const query = 'hello';
      const session = makeSession({ query, config: { query }, concurrency_key });
      const { id, config } = session;
      const { id: _, ...fields } = session;
      const raw = fleet.db.collection<{ _id: string }>('sessions');
      await raw.insertOne({ _id: id, ...fields, ...odd });
      const slots = fleet.db.collection<{ _id: string; holders: string[] }>('concurrency');
      await slots.insertOne({ _id: concurrency_key, holders: [id] });
      await fleet.queue.add('launch', { version: 1, kind: 'launch', id, config }, { jobId: id });
      await waitFor(`session ${id} to have failed`, async () => {
        const found = await raw.findOne<{ status: string }>({ _id: id });
        return found?.status === 'failed';
      });
      expect(await fleet.session(id)).toMatchObject({
        status: 'failed',
        failure: { code: 'INTERNAL', retryable: false },
      });
      await jobState(fleet, id, 'failed');
      await waitFor('the slot to be free', async () => {
        const held = await slots.findOne({ _id: concurrency_key });
        return held === null;
      });
    },
  );
});

describe('a job that any client added', () => {
  test('runs with only the required fields', async ({ fleet }) => {
    const id = newId();
    const data = { version: 1, kind: 'launch', id, config: { query: 'hello' } };
    await fleet.queue.add('launch', data, { jobId: id, attempts: 5, removeOnComplete: false });
    expect(await fleet.ended(id)).toMatchObject({
      status: 'completed',
      run_id: id,
      kind: 'launch',
      result: { result: 'You said: hello (earlier prompts: 0)' },
    });
    await jobState(fleet, id, 'completed');
  });

  test('becomes a failed session that names the field that does not parse', async ({ fleet }) => {
    const id = newId();
    const data = { version: 1, kind: 'launch', id, config: { query: 'hi', max_turns: 'many' } };
    await fleet.queue.add('launch', data, { jobId: id });
    const session = await fleet.ended(id);
    expect(session).toMatchObject({
      status: 'failed',
      failure: { code: 'INVALID_REQUEST', field: 'config.max_turns' },
      attempts: [],
    });
    await jobState(fleet, id, 'failed');
    expect((await fleet.queue.getJob(id))?.failedReason).toContain('INVALID_REQUEST');
  });

  test.for<[what: string, fields: object, field: string]>([
    ['half of a surrogate pair', { config: { query: 'a\ud83d b' } }, 'config.query'],
    ['a number above 2^53', { metadata: { n: 2 ** 53 + 2 } }, 'metadata.n'],
    ['a query of white space', { config: { query: ' \n' } }, 'config.query'],
  ])(
    'becomes a failed session that names the field for %s',
    async ([, fields, field], { fleet }) => {
      const id = newId();
      const data = { version: 1, kind: 'launch', id, config: { query: 'hi' }, ...fields };
      await fleet.queue.add('launch', data, { jobId: id });
      expect(await fleet.ended(id)).toMatchObject({
        status: 'failed',
        failure: { code: 'INVALID_REQUEST', field },
        attempts: [],
      });
    },
  );

  test('fails in the queue if its id is not a session id', async ({ fleet }) => {
    const id = 'no uuid';
    await fleet.queue.add('launch', { query: 'hi' }, { jobId: id, attempts: 3 });
    await jobState(fleet, id, 'failed');
    expect(await fleet.db.collection<{ _id: string }>('sessions').findOne({ _id: id })).toBeNull();
  });

  test('finishes without effect if its session has ended', async ({ fleet }) => {
    const id = await fleet.launch({ query: 'once' });
    const session = await fleet.ended(id);
    await jobState(fleet, id, 'completed');
    const job = await fleet.queue.getJob(id);
    const data = job?.data;
    await job?.remove();
    await fleet.queue.add('launch', data, { jobId: id });
    await jobState(fleet, id, 'completed');
    expect(await fleet.session(id)).toEqual(session);
  });
});

describe('a session that another worker claimed', () => {
  test('is left alone until its lease expires, and is then taken over', async ({ fleet }) => {
    const expires_at = new Date(Date.now() + 1_500);
    const { id } = await leave(fleet, {
      status: 'running',
      lease: { fence: 1, owner: 'other', expires_at },
      attempts: [{ ...attemptOfAnother, started_at: new Date() }],
    });
    await jobState(fleet, id, 'delayed');
    expect(await fleet.session(id)).toMatchObject({ lease: { owner: 'other', fence: 1 } });
    const session = await fleet.ended(id);
    expect(session).toMatchObject({ status: 'completed', attempts: [{ fence: 1 }, { fence: 2 }] });
    expect(session.attempts[1]?.started_at.getTime()).toBeGreaterThan(expires_at.getTime());
  });

  test('is taken over without the old attempt’s uncommitted events and processes', async ({
    fleet,
  }) => {
    const id = newId();
    const strays = [id, newId()].map((sessionId) => {
      // The marker names a worker that is alive: only the newer fence makes this process an orphan.
      const startTime = startTimeOf(process.pid) ?? '';
      const marker = { workerId: 'other', pid: process.pid, startTime, sessionId, fence: 1 };
      const env = { BATON_RUN: formatMarker(marker) };
      const child = spawn('/bin/sleep', ['600'], { env, detached: true, stdio: 'ignore' });
      onTestFinished(() => void child.kill('SIGKILL'));
      return child;
    });
    const [own, foreign] = strays;
    const ended = once(own ?? process, 'exit');
    const created_at = new Date();
    const events = fleet.db.collection<{ _id: string }>('events');
    await events.insertMany(
      [1, 2, 3, 4, 5, 6, 7, 8].map((seq) => ({
        _id: `${id}:${String(seq).padStart(10, '0')}`,
        session_id: id,
        seq,
        attempt: 1,
        fence: 1,
        type: 'old',
        created_at,
        raw: '{}',
      })),
    );
    await leave(fleet, {
      id,
      status: 'running',
      last_event_seq: 1,
      lease: { fence: 1, owner: 'other', expires_at: new Date(Date.now() - 1_000) },
      attempts: [{ ...attemptOfAnother, started_at: created_at }],
    });
    expect((await fleet.ended(id)).status).toBe('completed');
    expect(await ended).toEqual([null, 'SIGKILL']);
    expect(foreign?.exitCode ?? foreign?.signalCode).toBeNull();
    const seen = (await fleet.events(id)).map(({ seq, attempt, type }) => [seq, attempt, type]);
    expect(seen).toEqual([
      [1, 1, 'old'],
      [2, 2, 'user'],
      [3, 2, 'system'],
      [4, 2, 'assistant'],
      [5, 2, 'result'],
    ]);
    expect(await events.countDocuments({ session_id: id })).toBe(5);
  });
});

describe('several workers', () => {
  test('run each session once, and each runs at most WORKER_CONCURRENCY sessions at a time', {
    timeout: 60_000,
  }, async ({ fleet, onTestFinished }) => {
    const mine = fleet.sibling(onTestFinished);
    const workers = await Promise.all([1, 2].map(() => mine.worker({ WORKER_CONCURRENCY: '2' })));
    const ids = await Promise.all(Array.from({ length: 20 }, () => mine.play([{ say: 'hi' }])));
    // The polls run one after the other, because twenty polls at once would take CPU time from the
    // workers.
    const sessions: Session[] = [];
    for (const id of ids) sessions.push(await mine.ended(id));
    for (const session of sessions) {
      expect(session).toMatchObject({ status: 'completed', attempts: [{ fence: 1 }] });
      expect(session.attempts).toHaveLength(1);
      expect(session.last_event_seq).toBe(4);
    }
    for (const { id } of workers) {
      const spans = sessions.flatMap(({ attempts }) => attempts).filter((a) => a.worker_id === id);
      expect(spans.length).toBeGreaterThan(0);
      for (const one of spans) {
        const beside = spans.filter(
          (other) =>
            other.started_at <= one.started_at && (other.ended_at ?? Infinity) > one.started_at,
        );
        expect(beside.length).toBeLessThanOrEqual(2);
      }
    }
  });
});
