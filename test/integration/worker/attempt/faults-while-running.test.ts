// A running session loses its fence, is cancelled, or loses its store or its host.
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { databaseUrl } from '../../../support/api.ts';
import { type Fleet, test } from '../../../support/fleet.ts';
import { createGate, type Gate } from '../../../support/gate.ts';
import { waitFor } from '../../../support/wait.ts';
import type { WorkerProcess } from '../../../support/worker-process.ts';

const isRunning = ({ status }: { status: string }) => status === 'running';

async function update(fleet: Fleet, id: string, change: Record<string, object>): Promise<void> {
  await fleet.db.collection<{ _id: string }>('sessions').updateOne({ _id: id }, change);
}

/** A worker that reaches MongoDB through a gate, which the caller closes. */
async function gatedWorker(fleet: Fleet): Promise<{ gate: Gate; worker: WorkerProcess }> {
  const url = new URL(fleet.env['MONGODB_URL'] ?? '');
  const database = url.pathname.slice(1);
  const gate = await createGate(databaseUrl(database));
  const worker = await fleet.worker({ MONGODB_URL: gate.url, LEASE_MS: '30000' });
  return { gate, worker };
}

/** Resolves once writes of the worker to MongoDB have failed for this many milliseconds. */
async function metFor(worker: WorkerProcess, ms: number): Promise<void> {
  await waitFor(`writes that are not taken for ${ms} ms`, () => {
    const lines = worker.err().match(/^\{.*\}$/gm) ?? [];
    const times = lines
      .map((line): { msg: string; time: number } => JSON.parse(line))
      .filter(({ msg }) => msg === 'a write to MongoDB failed; the attempt repeats it')
      .map(({ time }) => time);
    return (times.at(-1) ?? 0) - (times[0] ?? 0) > ms;
  });
}

describe('a running session', () => {
  test.concurrent('is stopped, and no longer written to, once a newer fence holds it', async ({
    fleet,
    onTestFinished,
  }) => {
    const mine = fleet.sibling(onTestFinished);
    const worker = await mine.worker();
    const dump = join(mine.root, 'lost.json');
    const id = await mine.play([{ dump }, { say: 'tick', times: 10_000, every_ms: 20 }]);
    await mine.until(id, 'under way', ({ last_event_seq }) => last_event_seq > 5);
    const { pid } = JSON.parse(await readFile(dump, 'utf8'));
    const owner = { owner: 'another', expires_at: new Date(Date.now() + 60_000) };
    await update(mine, id, {
      $inc: { 'lease.fence': 1 },
      $set: { 'lease.owner': owner.owner, 'lease.expires_at': owner.expires_at },
    });
    const taken = await mine.session(id);
    await waitFor('the process to be gone', () => !existsSync(`/proc/${pid}/cmdline`));
    await waitFor('the job to wait', async () => (await mine.queue.getJobState(id)) === 'delayed');
    expect(await mine.session(id)).toEqual(taken);
    expect(taken.lease).toMatchObject({ owner: 'another', fence: 2 });
    // The worker may have sent one more chunk, which the manifest does not name. After that chunk,
    // the worker must store no other chunk.
    const chunks = mine.db.collection('transcripts');
    const saved = await chunks.countDocuments({ session_id: id });
    await worker.stop();
    expect(await chunks.countDocuments({ session_id: id })).toBe(saved);
    expect(await mine.session(id)).toEqual(taken);
  });

  test.concurrent('is cancelled when its document holds a cancel request', async ({
    fleet,
    onTestFinished,
  }) => {
    const mine = fleet.sibling(onTestFinished);
    await mine.worker();
    const id = await mine.play([{ say: 'well' }, { hang: true }]);
    await mine.until(id, 'running', isRunning);
    await update(mine, id, { $set: { cancel_requested_at: new Date() } });
    expect(await mine.ended(id)).toMatchObject({
      status: 'cancelled',
      attempts: [{ outcome: 'cancelled' }],
    });
  });

  test.concurrent('is slowed while MongoDB is away, does not count as idle, and loses no line', {
    timeout: 60_000,
  }, async ({ fleet, onTestFinished }) => {
    const mine = fleet.sibling(onTestFinished);
    const { gate, worker } = await gatedWorker(mine);
    onTestFinished(gate.close);
    const [go, flooded] = [join(mine.root, 'flood-go'), join(mine.root, 'flooded')];
    const steps = [{ say: 'ready' }, { wait_for: go }, { say: 'line', times: 6_000 }];
    const idle_ms = 1_000;
    const id = await mine.play([...steps, { touch: flooded }], { timeouts: { idle_ms } });
    await mine.until(id, 'running', isRunning);
    await gate.shut();
    await writeFile(go, '');
    await metFor(worker, idle_ms * 2);
    expect(existsSync(flooded)).toBe(false);
    await gate.open();
    const session = await mine.ended(id);
    expect(session).toMatchObject({ status: 'completed', result: { result: 'line 6000' } });
    const events = await mine.events(id);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events).toHaveLength(6_004);
    const texts = events.slice(3, -1).map(({ raw }) => JSON.parse(raw).message.content[0].text);
    expect(texts.every((text, index) => text === `line ${index + 1}`)).toBe(true);
  });
});

describe('a worker without a temporary directory', () => {
  test('returns a session to the queue if it cannot start the session', async ({
    fleet,
    onTestFinished,
  }) => {
    const mine = fleet.sibling(onTestFinished);
    const TMPDIR = join(mine.root, 'not-there-yet');
    const worker = await mine.worker({ TMPDIR, LEASE_MS: '1500' });
    const id = await mine.launch({ query: 'hi' });
    await waitFor('the failure', () => worker.err().includes('ENOENT'));
    expect((await mine.session(id)).status).not.toBe('failed');
    await mkdir(TMPDIR);
    expect((await mine.ended(id)).status).toBe('completed');
  });
});
