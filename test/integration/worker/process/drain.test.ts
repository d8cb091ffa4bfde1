import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { test } from '../../../support/fleet.ts';
import { waitFor } from '../../../support/wait.ts';

const isRunning = ({ status }: { status: string }) => status === 'running';

async function isDraining(health: string): Promise<boolean> {
  const answer = await fetch(`${health}/readyz`);
  return answer.status === 503 && JSON.stringify(await answer.json()).includes('draining');
}

describe('a worker that is asked to stop', () => {
  test.concurrent('finishes its running sessions, takes no new job, and exits with 0', async ({
    fleet,
    onTestFinished,
  }) => {
    const mine = fleet.sibling(onTestFinished);
    const worker = await mine.worker({ DRAIN_TIMEOUT_MS: '20000' });
    const go = join(mine.root, 'go-and-finish');
    const id = await mine.play([{ say: 'wait' }, { wait_for: go }, { say: 'finished' }]);
    await mine.until(id, 'running', isRunning);
    const ended = worker.stop();
    await waitFor('the drain', () => isDraining(worker.health));
    const later = await mine.launch({ query: 'too late' });
    await writeFile(go, '');
    expect(await ended).toEqual({ code: 0, signal: null });
    expect(await mine.session(id)).toMatchObject({
      status: 'completed',
      result: { result: 'finished' },
      counts: { hand_backs: 0 },
    });
    expect(await mine.queue.getJobState(id)).toBe('completed');
    expect(await mine.queue.getJobState(later)).toBe('waiting');
  });

  test.concurrent('hands back a session that takes too long, and another worker resumes it', async ({
    fleet,
    onTestFinished,
  }) => {
    const mine = fleet.sibling(onTestFinished);
    const first = await mine.worker({ DRAIN_TIMEOUT_MS: '0', LEASE_MS: '60000' });
    const id = await mine.play([{ say: 'half of it' }, { hang: true }], { model: 'sonnet' });
    // Waits for three events: the prompt, the init line and the answer.
    await mine.until(id, 'under way', ({ last_event_seq }) => last_event_seq === 3);
    expect(await first.stop()).toEqual({ code: 0, signal: null });
    const between = await mine.session(id);
    expect(between).toMatchObject({
      status: 'queued',
      counts: { hand_backs: 1, retries: 0, crashes: 0 },
      attempts: [{ worker_id: first.id, outcome: 'handed_back' }],
    });
    expect(between.lease.expires_at).toBeUndefined();
    expect(between.transcript.files).toHaveLength(1);
    expect(await mine.queue.getJobState(id)).toBe('waiting');

    const second = await mine.worker();
    const session = await mine.ended(id);
    expect(session).toMatchObject({
      status: 'completed',
      // The fake counts the prompts of the transcript that it found.
      result: { result: 'You said: Continue from where you left off. (earlier prompts: 1)' },
      attempts: [{ worker_id: first.id }, { worker_id: second.id, outcome: 'completed' }],
    });
    const events = await mine.events(id);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.map(({ attempt, type }) => `${attempt} ${type}`)).toEqual([
      '1 user',
      '1 system',
      '1 assistant',
      '2 user',
      '2 system',
      '2 assistant',
      '2 result',
    ]);
    expect(session.totals.cost_usd).toBeCloseTo(0.02, 5);
  });

  test.concurrent('hands its sessions back at once when it is asked a second time', async ({
    fleet,
    onTestFinished,
  }) => {
    const mine = fleet.sibling(onTestFinished);
    const worker = await mine.worker({ DRAIN_TIMEOUT_MS: '600000' });
    const id = await mine.play([{ say: 'for ever' }, { hang: true }]);
    await mine.until(id, 'running', isRunning);
    void worker.stop();
    await waitFor('the drain', () => isDraining(worker.health));
    expect(await mine.session(id)).toMatchObject({ status: 'running' });
    expect(await worker.stop()).toEqual({ code: 0, signal: null });
    expect(await mine.session(id)).toMatchObject({ status: 'queued', counts: { hand_backs: 1 } });
  });

  test.concurrent('cancels a session whose cancellation was requested, instead of handing the session back', async ({
    fleet,
    onTestFinished,
  }) => {
    const mine = fleet.sibling(onTestFinished);
    const worker = await mine.worker({ DRAIN_TIMEOUT_MS: '0', LEASE_MS: '60000' });
    const id = await mine.play([{ say: 'well' }, { hang: true }]);
    await mine.until(id, 'running', isRunning);
    const sessions = mine.db.collection<{ _id: string }>('sessions');
    await sessions.updateOne({ _id: id }, { $set: { cancel_requested_at: new Date() } });
    await worker.stop();
    expect(await mine.session(id)).toMatchObject({ status: 'cancelled' });
  });

  test.concurrent('exits with 0 if no session runs', async ({ fleet }) => {
    const worker = await fleet.sibling().worker();
    expect(await worker.stop()).toEqual({ code: 0, signal: null });
    expect(worker.out().trim().split('\n')).toHaveLength(1);
  });
});
