// Jobs and sessions that require a newer worker (docs/upgrades.md), with a word that only some workers understand.
import { newId, type Session } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { fakePrompt } from '../../../fake-claude/install.ts';
import { makeSession } from '../../../support/factories.ts';
import { type Fleet, test } from '../../../support/fleet.ts';
import { waitFor } from '../../../support/wait.ts';
import type { WorkerProcess } from '../../../support/worker-process.ts';

const INVENTED = 'invented';
const UNDERSTANDS = {
  NODE_OPTIONS: `--import ${new URL('../../../support/invented-feature-fixture.ts', import.meta.url)}`,
};
const UNCOUNTED = { retries: 0, crashes: 0, hand_backs: 0, host_failures: 0 };

/** Waits until a worker has delayed the job, which it does not understand. */
async function delayed(fleet: Fleet, worker: WorkerProcess, id: string): Promise<void> {
  await waitFor(`job ${id} to be left to a newer worker`, async () => {
    const logged = linesAbout(worker, id).length > 0;
    return logged && (await fleet.queue.getJobState(id)) === 'delayed';
  });
}

/** The lines in which a worker says that it does not understand the job. */
function linesAbout(worker: WorkerProcess, id: string): { feature: string }[] {
  const lines = worker.err().split('\n').slice(0, -1);
  return lines
    .map((line) => JSON.parse(line) as { job_id?: string; feature?: string })
    .filter((line): line is { job_id: string; feature: string } => line.job_id === id)
    .filter(({ feature }) => feature !== undefined);
}

/** Lets a delayed job be processed now: no test waits for the end of the delay. */
async function promote(fleet: Fleet, id: string): Promise<void> {
  const job = await fleet.queue.getJob(id);
  await job?.promote().catch(() => {}); // its delay may have ended meanwhile
}

// Each starts two workers, one after the other, on machines that have other things to do.
describe('a session that requires a word', { timeout: 60_000 }, () => {
  test.concurrent('stays queued, uncounted, until a worker understands the word; others run', async ({
    fleet,
  }) => {
    const mine = fleet.sibling();
    const older = await mine.worker();
    const options = { requires: [INVENTED] };
    const id = await mine.launch({ query: fakePrompt([{ say: 'new' }]) }, options);
    await delayed(mine, older, id);
    const other = await mine.launch({ query: fakePrompt([{ say: 'other' }]) });
    expect(await mine.ended(other)).toMatchObject({ status: 'completed' });

    await promote(mine, id);
    await waitFor('the second delay, twice as long', async () => {
      const job = await mine.queue.getJob(id);
      return (
        (job?.attemptsStarted ?? 0) >= 2 &&
        (await job?.getState()) === 'delayed' &&
        (job?.delay ?? 0) > 5_000
      );
    });
    expect(linesAbout(older, id)).toMatchObject([{ feature: INVENTED }]);
    const { sessions } = mine.baton.stores;
    const adopted = async () => (await sessions.get(id)) ?? undefined;
    const waiting = await waitFor('the reconciler to make the document', adopted);
    expect(waiting).toMatchObject({
      status: 'queued',
      requires: [INVENTED],
      attempts: [],
      counts: UNCOUNTED,
    });

    await older.stop();
    await mine.worker(UNDERSTANDS);
    await promote(mine, id);
    expect(await mine.ended(id)).toMatchObject({ status: 'completed', counts: UNCOUNTED });
  });

  test.concurrent('is not failed for a version, a kind or a document that nobody here can parse', async ({
    fleet,
  }) => {
    const mine = fleet.sibling();
    // Before the worker is there: its reconciler would give the session a job with the word.
    const stored = await leaveUnreadable(mine, { requires: [INVENTED], totals: 'of another form' });
    const older = await mine.worker();
    const id = newId();
    const data = { version: 9, kind: 'dream', id, requires: [INVENTED], asleep: true };
    await mine.queue.add('dream', data, { jobId: id });
    await delayed(mine, older, id);
    await delayed(mine, older, stored);
    expect((await mine.queue.getJob(stored))?.attemptsStarted).toBe(1);
    expect(older.err()).not.toContain('could not be processed');
    const plain = newId();
    await mine.queue.add('dream', { ...data, id: plain, requires: [] }, { jobId: plain });
    expect(await mine.ended(plain)).toMatchObject({
      status: 'failed',
      failure: { code: 'INVALID_REQUEST' },
    });
    expect(await mine.baton.stores.sessions.get(id)).toBeNull();
    expect(await mine.queue.getJobState(id)).toBe('delayed');
  });

  test.concurrent('is left alone by its document where the job says nothing, after a crash too', async ({
    fleet,
  }) => {
    const mine = fleet.sibling();
    const older = await mine.worker();
    const id = await leaveCrashed(mine, { requires: [INVENTED] });
    await delayed(mine, older, id);
    expect(await mine.session(id)).toMatchObject({ status: 'running', counts: UNCOUNTED });

    await older.stop();
    await mine.worker(UNDERSTANDS);
    await promote(mine, id);
    expect(await mine.ended(id)).toMatchObject({
      status: 'completed',
      counts: { ...UNCOUNTED, crashes: 1 },
    });
  });
});

/** A queued session whose document this version cannot read, and a job for it without a word. */
async function leaveUnreadable(fleet: Fleet, fields: object): Promise<string> {
  const { id, config } = await fleet.baton.stores.sessions.insertIfAbsent(makeSession());
  await fleet.db.collection<{ _id: string }>('sessions').updateOne({ _id: id }, { $set: fields });
  await fleet.queue.add('launch', { version: 1, kind: 'launch', id, config }, { jobId: id });
  return id;
}

/** A running session whose worker went silent, and a job for it without a word. */
async function leaveCrashed(fleet: Fleet, fields: Partial<Session>): Promise<string> {
  const query = fakePrompt([{ say: 'taken over' }]);
  const attempt = { attempt: 1, fence: 1, worker_id: 'other', host: 'elsewhere' };
  const { id, config } = await fleet.baton.stores.sessions.insertIfAbsent(
    makeSession({
      query,
      config: { query },
      status: 'running',
      attempts: [{ ...attempt, started_at: new Date() }],
      lease: { fence: 1, owner: 'other', expires_at: new Date(Date.now() - 1_000) },
      ...fields,
    }),
  );
  await fleet.queue.add('launch', { version: 1, kind: 'launch', id, config }, { jobId: id });
  return id;
}
