// Jobs and sessions that require a feature (docs/upgrades.md) that only some workers know.
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

/** Waits until a worker has delayed the job because it does not know the required feature. */
async function delayed(fleet: Fleet, worker: WorkerProcess, id: string): Promise<void> {
  await waitFor(`job ${id} to be left to a newer worker`, async () => {
    const logged = linesAbout(worker, id).length > 0;
    return logged && (await fleet.queue.getJobState(id)) === 'delayed';
  });
}

/** The log lines in which a worker reports a job whose feature it does not know. */
function linesAbout(worker: WorkerProcess, id: string): { feature: string }[] {
  const lines = worker.err().split('\n').slice(0, -1);
  return lines
    .map((line) => JSON.parse(line) as { job_id?: string; feature?: string })
    .filter((line): line is { job_id: string; feature: string } => line.job_id === id)
    .filter(({ feature }) => feature !== undefined);
}

/** Promotes a delayed job, so that the test need not wait for the end of the delay. */
async function promote(fleet: Fleet, id: string): Promise<void> {
  const job = await fleet.queue.getJob(id);
  await job?.promote().catch(() => {}); // the delay may have ended in the meantime
}

// Each test starts two workers one after the other, and the machine may be busy.
describe('a session that requires a feature', { timeout: 60_000 }, () => {
  test.concurrent('stays queued without a counted failure until a worker knows the feature, while other sessions run', async ({
    fleet,
    onTestFinished,
  }) => {
    const mine = fleet.sibling(onTestFinished);
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

  test.concurrent('does not fail for a version, kind or document that the worker cannot parse', async ({
    fleet,
    onTestFinished,
  }) => {
    const mine = fleet.sibling(onTestFinished);
    // The document is stored before the worker starts. The reconciler of a running worker would add a
    // job that names the feature.
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

  test.concurrent('is left alone if only its document names the feature, even after a crash', async ({
    fleet,
    onTestFinished,
  }) => {
    const mine = fleet.sibling(onTestFinished);
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

/** Stores a queued session that this version cannot read, and adds a job that requires nothing. */
async function leaveUnreadable(fleet: Fleet, fields: object): Promise<string> {
  const { id, config } = await fleet.baton.stores.sessions.insertIfAbsent(makeSession());
  await fleet.db.collection<{ _id: string }>('sessions').updateOne({ _id: id }, { $set: fields });
  await fleet.queue.add('launch', { version: 1, kind: 'launch', id, config }, { jobId: id });
  return id;
}

/** Stores a running session whose lease has expired, and adds a job that requires nothing. */
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
