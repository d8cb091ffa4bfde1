// Documents and queue compared: what the one knows and the other forgot is made whole again.
import {
  type Admission,
  type Adopter,
  type Duty,
  isAppError,
  type JobUpkeep,
  jobOfSession,
  type Logger,
  type ReconcileStore,
} from '@baton/core';
import { startRounds } from './rounds.ts';

/** How often the duty holder looks, in milliseconds: a job without a document waits no longer to be seen. */
const PERIOD_MS = 5_000;

/** How long the duty is held, in milliseconds: past it another worker takes over. */
const DUTY_MS = 15_000;

/** What a reconciler works with. */
export interface ReconcilerDeps {
  duty: Duty;
  jobs: JobUpkeep;
  store: ReconcileStore;
  adopter: Adopter;
  admission: Pick<Admission, 'repair'>;
  log: Logger;
  /** What else the duty holder does each round; a chore that fails is tried in the next one. */
  chores?: readonly (() => Promise<unknown>)[];
}

/** What one round did. */
export interface RoundReport {
  adopted: number;
  dropped: number;
  restored: number;
  /** Sessions that waited although nothing held them any more. */
  released: number;
}

/** One round, by whoever has the duty. Each step is safe to do twice. */
export async function reconcileOnce(deps: ReconcilerDeps): Promise<RoundReport> {
  const { jobs, store, adopter } = deps;
  const report = { adopted: 0, dropped: 0, restored: 0, released: 0 };
  const waiting = new Set<string>();
  async function drop(id: string): Promise<void> {
    await jobs.drop(id);
    report.dropped += 1;
  }
  for await (const ids of jobs.waiting()) {
    for (const id of ids) waiting.add(id);
    const { unknown, terminal } = await store.sort(ids);
    for (const id of unknown) {
      const job = await jobs.find(id);
      if (!job) continue;
      // One that cannot even be adopted is failed in the queue by the worker that takes it.
      await adopter.adopt(job).then(
        () => {
          report.adopted += 1;
        },
        async (error: unknown) => {
          if (isAppError(error) && error.code === 'SESSION_DELETED') await drop(id);
          else deps.log.warn({ err: error, job_id: id }, 'a job was not adopted');
        },
      );
    }
    for (const id of terminal) await drop(id);
  }
  // Before the jobs are counted: those that go on have theirs by then.
  report.released = await deps.admission.repair();
  for await (const sessions of store.needingJobs()) {
    for (const session of sessions) {
      // A long queue is mostly made of these: Redis was just asked for them.
      if (waiting.has(session.id)) continue;
      if (await jobs.restore(jobOfSession(session))) report.restored += 1;
    }
  }
  return report;
}

/** Reconciles every five seconds while this process has the duty, until `signal`. */
export function startReconciler(deps: ReconcilerDeps, signal: AbortSignal): void {
  async function round(): Promise<void> {
    if (!(await deps.duty.hold(DUTY_MS))) return;
    const report = await reconcileOnce(deps);
    if (Object.values(report).some((count) => count > 0)) deps.log.info(report, 'reconciled');
    for (const chore of deps.chores ?? []) {
      await chore().catch((error: unknown) => deps.log.warn({ err: error }, 'a chore failed'));
    }
  }
  // Best effort: it expires by itself.
  const release = () => void deps.duty.release().catch(() => {});
  signal.addEventListener('abort', release, { once: true });
  startRounds(round, {
    everyMs: PERIOD_MS,
    signal,
    onError: (error) => deps.log.warn({ err: error }, 'the reconciler failed this time'),
  });
}
