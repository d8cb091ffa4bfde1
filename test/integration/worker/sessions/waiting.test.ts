// Sessions that wait for a concurrency key or a parent, with real workers.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createProducer,
  newId,
  type Producer,
  type Session,
  type SessionManager,
} from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { fakePrompt } from '../../../fake-claude/install.ts';
import { test as base, type Fleet } from '../../../support/fleet.ts';
import { holdMaintenance } from '../../../support/hold-maintenance.ts';
import { redisUrl } from '../../../support/services.ts';
import type { WorkerProcess } from '../../../support/worker-process.ts';

interface Doors {
  workers: WorkerProcess[];
  /** Adds jobs through Redis only. */
  producer: Producer;
  manager: SessionManager;
  /** A fleet with one worker, and without the reconciler. */
  unreconciled: Fleet;
}

const test = base.extend<{ $file: { doors: Doors } }>({
  doors: [
    async ({ fleet }, use) => {
      const prefix = fleet.env['QUEUE_PREFIX'] ?? '';
      const producer = createProducer({ connection: redisUrl(), prefix });
      const workers = await Promise.all([fleet.worker(), fleet.worker()]);
      const unreconciled = fleet.sibling();
      await holdMaintenance(unreconciled.db);
      await unreconciled.worker();
      await use({ workers, producer, manager: fleet.baton.manager, unreconciled });
      await producer.close();
    },
    { scope: 'file' },
  ],
});

const isRunning = ({ status }: Session) => status === 'running';
const short = { query: fakePrompt([{ say: 'one' }, { sleep: 50 }, { say: 'two' }]) };

/** The runs of sessions as [from, to] on MongoDB's clock, in order of their starts. */
function runs(sessions: readonly Session[]): [number, number][] {
  return sessions
    .flatMap(({ attempts }) => attempts)
    .map(({ started_at, ended_at }): [number, number] => [
      started_at.getTime(),
      ended_at?.getTime() ?? Number.POSITIVE_INFINITY,
    ])
    .sort(([a], [b]) => a - b);
}

/** The largest number of sessions that ran at the same time. */
function mostAtOnce(sessions: readonly Session[]): number {
  const all = runs(sessions);
  return Math.max(...all.map(([at]) => all.filter(([from, to]) => from <= at && at < to).length));
}

describe('sessions of one concurrency key', () => {
  test('that were launched by the API run one after the other, in their order', async ({
    doors: { unreconciled: fleet },
  }) => {
    // Without the reconciler, only the end of a session releases the next one.
    const options = { concurrency_key: newId() };
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) {
      ids.push((await fleet.baton.manager.launchSession(short, options)).id);
    }
    const sessions = await Promise.all(ids.map(fleet.ended));
    expect(sessions.map(({ status }) => status)).toEqual(ids.map(() => 'completed'));
    expect(mostAtOnce(sessions)).toBe(1);
    const begun = sessions.map(({ attempts }) => attempts[0]?.started_at.getTime() ?? 0);
    expect(begun).toEqual([...begun].sort((a, b) => a - b));
  });

  test('that were put straight into the queue run at most concurrency_limit at a time', async ({
    fleet,
    doors,
  }) => {
    const options = { concurrency_key: newId(), concurrency_limit: 2 };
    const enqueued = await Promise.all(
      Array.from({ length: 8 }, () => doors.producer.launchSession(short, options)),
    );
    const sessions = await Promise.all(
      enqueued.map(async ({ id }) => {
        await fleet.until(id, 'adopted', () => true);
        return fleet.ended(id);
      }),
    );
    expect(sessions.map(({ status }) => status)).toEqual(enqueued.map(() => 'completed'));
    expect(mostAtOnce(sessions)).toBe(2);
  });

  test('have no job while they wait', async ({ fleet, doors }) => {
    const options = { concurrency_key: newId() };
    const go = join(fleet.root, 'job.go');
    const query = fakePrompt([{ say: 'one' }, { wait_for: go }]);
    const first = await doors.manager.launchSession({ query }, options);
    const second = await doors.producer.launchSession(short, options);
    await fleet.until(second.id, 'parked', ({ waiting_for }) => waiting_for === 'concurrency_key');
    await expect
      .poll(() => fleet.queue.getJobState(second.id), { timeout: 20_000 })
      .toBe('unknown');
    await writeFile(go, '');
    await fleet.ended(first.id);
    expect(await fleet.ended(second.id)).toMatchObject({ status: 'completed' });
  });

  test('wait for a running session to end if they become due before that', async ({
    fleet,
    doors,
  }) => {
    const options = { concurrency_key: newId() };
    const go = join(fleet.root, 'time.go');
    const query = fakePrompt([{ say: 'one' }, { wait_for: go }]);
    const first = await doors.manager.launchSession({ query }, options);
    const later = [
      await doors.manager.launchSession(short, { ...options, delay_ms: 300 }),
      await doors.producer.launchSession(short, { ...options, delay_ms: 300 }),
    ];
    for (const { id } of later) {
      await fleet.until(id, 'parked', (one) => one.waiting_for === 'concurrency_key');
      await expect.poll(() => fleet.queue.getJobState(id), { timeout: 20_000 }).toBe('unknown');
    }
    await writeFile(go, '');
    const all = await Promise.all([first, ...later].map(({ id }) => fleet.ended(id)));
    expect(all.map(({ status }) => status)).toEqual(['completed', 'completed', 'completed']);
    expect(mostAtOnce(all)).toBe(1);
  });

  test('that fail or lose their worker give their slot to the next session', async ({
    fleet,
    doors,
  }) => {
    const options = { concurrency_key: newId() };
    const crash = {
      query: fakePrompt([{ say: 'one' }, { exit: 3 }]),
      recovery: { max_retries: 0 },
    };
    const failing = await doors.manager.launchSession(crash, options);
    const lost = await doors.manager.launchSession(
      { query: fakePrompt([{ say: 'one' }, { hang: true }]), recovery: { on_crash: 'fail' } },
      options,
    );
    const last = await doors.manager.launchSession(short, options);
    expect(await fleet.ended(failing.id)).toMatchObject({ status: 'failed' });
    const { attempts } = await fleet.until(lost.id, 'running', isRunning);
    expect(await fleet.session(last.id)).toMatchObject({ waiting_for: 'concurrency_key' });
    const host = doors.workers.find(({ id }) => id === attempts[0]?.worker_id);
    await host?.kill();
    expect(await fleet.ended(lost.id)).toMatchObject({ failure: { code: 'CRASHED' } });
    expect(await fleet.ended(last.id)).toMatchObject({ status: 'completed' });
    doors.workers.push(await fleet.worker());
  });

  test('that wait in large numbers do not delay a session of another key', async ({
    fleet,
    doors,
  }) => {
    const noisy = await doors.manager.acceptance.launchMany(
      Array.from({ length: 60 }, () => ({ config: short, options: { concurrency_key: 'noisy' } })),
    );
    const lone = await doors.manager.launchSession(short, { concurrency_key: newId() });
    const { id } = await fleet.ended(lone.id);
    expect(id).toBe(lone.id);
    const ids = noisy.map((one) => ('session' in one ? one.session.id : ''));
    const left = await Promise.all(ids.map(fleet.session));
    expect(left.filter(({ status }) => status === 'queued').length).toBeGreaterThan(40);
  });
});

describe('a continue of a running session', () => {
  test('waits for the end of its parent and then continues the conversation', async ({
    doors: { unreconciled: fleet },
  }) => {
    // Without the reconciler, only the parent's end releases the continue.
    const go = join(fleet.root, 'parent.go');
    const parent = await fleet.play([{ say: 'one' }, { wait_for: go }, { say: 'two' }]);
    await fleet.until(parent, 'running', isRunning);
    const child = await fleet.baton.manager.continueSession(
      { parent_session_id: parent, query: 'go on' },
      { on_busy: 'enqueue' },
    );
    expect(child).toMatchObject({ status: 'queued', waiting_for: 'parent' });
    await writeFile(go, '');
    const ended = await fleet.ended(child.id);
    expect(ended.result?.result).toBe('You said: go on (earlier prompts: 1)');
    expect(ended).not.toHaveProperty('waiting_for');
    const [first, second] = await Promise.all([fleet.session(parent), fleet.session(child.id)]);
    const wait = (second.attempts[0]?.started_at.getTime() ?? 0) - (first.end_time?.getTime() ?? 0);
    expect(wait).toBeGreaterThanOrEqual(0);
  });

  test('that was put straight into the queue waits for its parent if its job asks for it', async ({
    fleet,
    doors,
  }) => {
    const go = join(fleet.root, 'raw.go');
    const parent = await fleet.play([{ say: 'one' }, { wait_for: go }, { say: 'two' }]);
    await fleet.until(parent, 'running', isRunning);
    const request = { parent_session_id: parent, query: 'go on' };
    const refused = await doors.producer.continueSession(request);
    const waits = await doors.producer.continueSession(request, { on_busy: 'enqueue' });
    await fleet.until(waits.id, 'parked', ({ waiting_for }) => waiting_for === 'parent');
    await expect.poll(() => fleet.queue.getJobState(waits.id), { timeout: 20_000 }).toBe('unknown');
    expect(await fleet.ended(refused.id)).toMatchObject({
      status: 'failed',
      failure: { code: 'SESSION_NOT_TERMINAL' },
    });
    await writeFile(go, '');
    expect((await fleet.ended(waits.id)).result?.result).toBe(
      'You said: go on (earlier prompts: 1)',
    );
  });

  test('interrupts its parent first if on_busy is interrupt', async ({ fleet, doors }) => {
    const parent = await fleet.play([{ say: 'half of it' }, { hang: true }]);
    await fleet.until(parent, 'under way', ({ last_event_seq }) => last_event_seq >= 3);
    const child = await doors.manager.continueSession(
      { parent_session_id: parent, query: 'something else' },
      { on_busy: 'interrupt' },
    );
    const ended = await fleet.ended(child.id);
    expect(ended.result?.result).toBe('You said: something else (earlier prompts: 1)');
    expect(await fleet.session(parent)).toMatchObject({
      status: 'completed',
      stopped_by: 'interrupt',
    });
  });
});
