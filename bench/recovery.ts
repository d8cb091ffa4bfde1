// Measures how long a session is without a worker after a crash or a hand-back, and how fast a
// cancel takes effect.
import type { Mongo } from '@baton/core/internal';
import { fakePrompt } from '../test/fake-claude/install.ts';
import { boundMeasure, type Measure, median, percentile } from './measure.ts';
import { createRig, type Urls } from './rig.ts';

const SESSIONS = 10;
const TURN = fakePrompt([{ say: 'working', times: 100_000, every_ms: 100 }]);

/**
 * Kills a worker that runs ten sessions. Measures the time until each session runs again on another
 * worker.
 */
export async function benchCrash(mongo: Mongo, urls: Urls): Promise<Measure[]> {
  const rig = await createRig(mongo, urls);
  const first = await rig.worker({ WORKER_CONCURRENCY: String(SESSIONS) });
  const ids = await rig.launch(SESSIONS, TURN);
  await rig.until(ids, ({ status, last_event_seq }) => status === 'running' && last_event_seq > 10);
  await rig.worker({ WORKER_CONCURRENCY: String(SESSIONS) });
  const killedAt = Date.now();
  first.kill();
  const waits = await runningAgain(rig, ids, () => killedAt);
  await rig.close();
  return [
    boundMeasure('SIGKILL to running again, median', 'ms', { ours: median(waits), most: 30_000 }),
    boundMeasure('SIGKILL to running again, p95', 'ms', {
      ours: percentile(waits, 95),
      most: 30_000,
    }),
  ];
}

/**
 * Drains a worker that runs ten sessions, with a drain timeout of 0. Measures the time from each
 * hand-back until the session runs on another worker.
 */
export async function benchHandBack(mongo: Mongo, urls: Urls): Promise<Measure> {
  const rig = await createRig(mongo, urls);
  const first = await rig.worker({ WORKER_CONCURRENCY: String(SESSIONS) });
  const ids = await rig.launch(SESSIONS, TURN);
  await rig.until(ids, ({ status, last_event_seq }) => status === 'running' && last_event_seq > 10);
  await rig.worker({ WORKER_CONCURRENCY: String(SESSIONS) });
  const stopped = first.stop();
  const waits = await runningAgain(rig, ids, (ended) => ended);
  await stopped;
  await rig.close();
  return boundMeasure('hand-back to running elsewhere, p95', 'ms', {
    ours: percentile(waits, 95),
    most: 2_000,
  });
}

/**
 * Cancels running sessions one after another. Measures the time from each request to the end of the
 * process.
 */
export async function benchCancel(mongo: Mongo, urls: Urls): Promise<Measure> {
  const rig = await createRig(mongo, urls);
  await rig.worker({ WORKER_CONCURRENCY: String(SESSIONS * 2) });
  const ids = await rig.launch(SESSIONS * 2, TURN);
  const running = await rig.until(ids, ({ status }) => status === 'running');
  const waits: number[] = [];
  for (const { id, attempts } of running) {
    const pid = attempts.at(-1)?.pid;
    if (pid === undefined) throw new Error(`expected the pid of session ${id}`);
    const askedAt = performance.now();
    await rig.baton.stop.cancelSession(id);
    while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 2));
    waits.push(performance.now() - askedAt);
  }
  await rig.close();
  return boundMeasure('cancel to process gone, p95', 'ms', {
    ours: percentile(waits, 95),
    most: 1_000,
  });
}

/**
 * Returns, for each session, the time until the session runs again. `from` receives the end of the
 * session's first attempt, and returns the start of this time.
 */
async function runningAgain(
  rig: Awaited<ReturnType<typeof createRig>>,
  ids: readonly string[],
  from: (firstEndedAt: number) => number,
): Promise<number[]> {
  return Promise.all(
    ids.map(async (id) => {
      const [session] = await rig.until(
        [id],
        // Matches a session that runs again, or that has already ended.
        ({ status, attempts }) =>
          attempts.length > 1 && status !== 'queued' && status !== 'starting',
      );
      const endedAt = session?.attempts[0]?.ended_at?.getTime() ?? Number.NaN;
      return Date.now() - from(endedAt);
    }),
  );
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false; // ESRCH: the process is gone
  }
}
