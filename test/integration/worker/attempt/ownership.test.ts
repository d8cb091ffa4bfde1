// Two workers believe that they own a session; the fence decides which one may write.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describe, expect } from 'vitest';
import { isAlive } from '../../../support/alive.ts';
import { test } from '../../../support/fleet.ts';
import { redisUrl } from '../../../support/services.ts';
import { waitFor } from '../../../support/wait.ts';

describe('when two workers believe that they own a session,', () => {
  test.concurrent('a worker that was suspended for longer than its lease writes nothing when it wakes', async ({
    fleet,
    onTestFinished,
  }) => {
    const mine = fleet.sibling(onTestFinished);
    const sleeper = await mine.worker({ LEASE_MS: '2000' });
    onTestFinished(() => void sleeper.signal('SIGCONT'));
    const dump = join(mine.root, 'sleeper.json');
    const [once, go] = [join(mine.root, 'sleeper.once'), join(mine.root, 'sleeper.go')];
    const FAKE_CLAUDE_SCRIPT = JSON.stringify([
      {
        once,
        steps: [{ dump }, { say: 'tick', times: 100_000, every_ms: 20 }],
        else: [{ say: 'mine now' }, { wait_for: go }],
      },
    ]);
    const id = await mine.launch({ query: 'go', env: { FAKE_CLAUDE_SCRIPT } });
    await mine.until(id, 'under way', ({ last_event_seq }) => last_event_seq > 20);
    const { pid } = JSON.parse(await readFile(dump, 'utf8'));
    sleeper.signal('SIGSTOP');
    await mine.worker({ LEASE_MS: '2000' });
    await mine.until(id, 'taken over', ({ status, lease }) => {
      return status === 'running' && lease.fence === 2;
    });
    // The other worker is on the same host and has ended the process of the older fence.
    expect(isAlive(pid)).toBe(false);
    const taken = await mine.events(id);
    sleeper.signal('SIGCONT');
    await waitFor('its attempt to be over', async () => {
      const folders = await readdir(mine.env['TMPDIR'] ?? '');
      return !folders.some((name) => name.startsWith(`baton-run-${sleeper.pid}-`));
    });
    await writeFile(go, '');
    const session = await mine.ended(id);
    expect(session).toMatchObject({
      status: 'completed',
      result: { result: 'mine now' },
      counts: { crashes: 1 },
      attempts: [
        { fence: 1, worker_id: sleeper.id },
        { fence: 2, outcome: 'completed' },
      ],
    });
    const events = await mine.events(id);
    expect(events.slice(0, taken.length)).toEqual(taken);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    const fences = events.map(({ fence }) => fence);
    expect(fences).toEqual(fences.toSorted());
  });

  test.concurrent('a worker whose job lost its lock keeps running the job, and another worker that gets the job delays it', async ({
    fleet,
    onTestFinished,
  }) => {
    const mine = fleet.sibling(onTestFinished);
    const worker = await mine.worker({ LEASE_MS: '2000' });
    const go = join(mine.root, 'lock.go');
    const id = await mine.play([{ say: 'so' }, { wait_for: go }, { say: 'done' }]);
    await mine.until(id, 'running', ({ status }) => status === 'running');
    const other = await mine.worker({ LEASE_MS: '2000' });
    const redis = new Redis(redisUrl());
    onTestFinished(() => redis.disconnect());
    expect(await redis.del(`${mine.env['QUEUE_PREFIX']}:sessions:${id}:lock`)).toBe(1);
    // BullMQ delivers the job again. The worker that gets it finds an unexpired lease and delays the job.
    await waitFor('the job to be delivered again', async () => {
      const job = await mine.queue.getJob(id);
      return (job?.stalledCounter ?? 0) > 0 && (await job?.getState()) === 'delayed';
    });
    expect((await mine.session(id)).status).toBe('running');
    await writeFile(go, '');
    const session = await mine.ended(id);
    expect(session).toMatchObject({
      status: 'completed',
      result: { result: 'done' },
      counts: { crashes: 0, retries: 0, hand_backs: 0 },
      attempts: [{ fence: 1, worker_id: worker.id }],
    });
    expect(session.attempts).toHaveLength(1);
    // Either the worker that takes the job again finishes it, or the reconciler drops it.
    await waitFor('its job to be done or gone', async () => {
      const state = await mine.queue.getJobState(id);
      return state === 'completed' || state === 'unknown';
    });
    await other.stop();
  });
});
