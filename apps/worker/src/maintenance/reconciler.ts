// Documents and queue compared: what the one knows and the other forgot is made whole again.
import {
  type Admission,
  type Adopter,
  defined,
  findProblem,
  isAppError,
  isStoreAway,
  type Job,
  type JobSource,
  type JobUpkeep,
  jobOfSession,
  type Logger,
  type ReconcileStore,
  type Session,
  UnknownFeaturesError,
} from '@baton/core/internal';
import type { MaintenanceTask } from './maintenance.ts';

/** How often the lease holder looks, in milliseconds: a job without a document waits no longer to be seen. */
const PERIOD_MS = 5_000;

/** How long one look may take, in milliseconds; a queue of 100,000 jobs takes seconds. */
const LIMIT_MS = 120_000;

/** How many jobs and sessions that could not be handled are remembered, so that each is logged once. */
const REMEMBERED = 10_000;

/** What a reconciler works with. */
export interface ReconcilerDeps {
  jobs: JobUpkeep;
  store: ReconcileStore;
  adopter: Adopter;
  admission: Pick<Admission, 'repair' | 'fail'>;
  log: Logger;
}

/** What one round did. */
export interface RoundReport {
  adopted: number;
  dropped: number;
  /** Jobs that no session can be made of, moved to the failed ones. */
  failed: number;
  restored: number;
  /** Sessions that waited although nothing held them any more. */
  released: number;
}

/** The steps of a reconciler; each is safe to do twice, and beside the others. */
export interface Reconciler {
  /** Adopts jobs without documents, and removes jobs that no worker may run. */
  readJobs(): Promise<Pick<RoundReport, 'adopted' | 'dropped' | 'failed'>>;
  /** Lets go what waits and need not. */
  release(): Promise<Pick<RoundReport, 'released'>>;
  /** Gives sessions that should have a job another one. */
  restore(): Promise<Pick<RoundReport, 'restored'>>;
}

/** Creates a reconciler. A job or document that cannot be handled is logged once and skipped. */
function createReconciler(deps: ReconcilerDeps): Reconciler {
  const { jobs, store, admission, log } = deps;
  const handle = createErrorGuard(log);
  // The ids that the last complete look found: most of a long queue, and Redis was just asked for them.
  let waiting = new Set<string>();

  return {
    async readJobs() {
      const report = { adopted: 0, dropped: 0, failed: 0 };
      await healAndLog(deps);
      const found = new Set<string>();
      for await (const ids of jobs.waiting()) {
        for (const id of ids) found.add(id);
        const { unknown, terminal } = await store.classify(ids);
        for (const id of unknown) {
          const done = await handle(id, 'a job was not adopted', () => adopt(id, deps));
          if (done) report[done] += 1;
        }
        for (const id of terminal) {
          await handle(id, 'a job was not dropped', () => jobs.drop(id));
          report.dropped += 1;
        }
      }
      waiting = found;
      return report;
    },
    release: async () => ({ released: await admission.repair() }),
    async restore() {
      const known = waiting;
      waiting = new Set();
      let restored = 0;
      for await (const sessions of store.needingJobs()) {
        for (const session of sessions) {
          if (known.has(session.id)) continue;
          const isRestored = await handle(session.id, 'a session was not enqueued again', () =>
            restoreJob(session, deps),
          );
          if (isRestored) restored += 1;
        }
      }
      return { restored };
    },
  };
}

/**
 * Returns a function that handles one job or session: it resolves with null where that fails, and logs `what`
 * once for each id. The error of an unavailable store rejects: the other jobs would fail too, so the round ends.
 */
function createErrorGuard(log: Logger) {
  const logged = new Set<string>();
  return async <T>(id: string, what: string, act: () => Promise<T>): Promise<T | null> => {
    try {
      return await act();
    } catch (error) {
      if (isStoreAway(error)) throw error;
      if (logged.size >= REMEMBERED) logged.clear();
      if (!logged.has(id)) log.error({ err: error, job_id: id }, what);
      logged.add(id);
      return null;
    }
  };
}

/** Repairs keys and jobs of the queue that BullMQ cannot use, and logs which. */
async function healAndLog({ jobs, log }: Pick<ReconcilerDeps, 'jobs' | 'log'>): Promise<void> {
  const { set_aside, jobs: healed } = await jobs.heal();
  if (set_aside.length + healed.length === 0) return;
  log.error(
    { set_aside, jobs: healed },
    'put right keys and jobs of the queue that BullMQ could not use',
  );
}

/** Makes a document of a job, or removes or fails a job of which none can be made; null where the job stays as it is. */
async function adopt(
  id: string,
  deps: Pick<ReconcilerDeps, 'jobs' | 'adopter' | 'log'>,
): Promise<'adopted' | 'dropped' | 'failed' | null> {
  const { jobs, adopter } = deps;
  const job = await jobs.find(id);
  if (!job) return null;
  try {
    const session = await adopter.adopt(job);
    // Its document says why the session failed; the queue shows the job among its failed jobs.
    if (session.failure && findProblem(job.data) !== null) {
      await failUnreadableJob(job, formatFailure(session.failure), deps, session);
    }
    return 'adopted';
  } catch (error) {
    // A worker of a newer version makes the document; until then the job stays as it is.
    if (error instanceof UnknownFeaturesError) return null;
    if (!isAppError(error)) throw error;
    if (error.code === 'SESSION_DELETED') {
      await jobs.drop(id);
      return 'dropped';
    }
    if (error.code !== 'INVALID_REQUEST' && error.code !== 'SESSION_NOT_FOUND') throw error;
    return (await failUnreadableJob(job, formatFailure(error), deps)) ? 'failed' : null;
  }
}

/** Moves a job that cannot be read to the failed jobs; false where a worker has it. */
async function failUnreadableJob(
  job: Parameters<JobUpkeep['fail']>[0],
  reason: string,
  { jobs, log }: Pick<ReconcilerDeps, 'jobs' | 'log'>,
  session?: Session,
): Promise<boolean> {
  const isMoved = await jobs.fail(job, reason);
  const facts = { job_id: job.id, reason, ...defined({ session_id: session?.id }) };
  if (isMoved) log.error(facts, 'a job cannot be read: it was moved to the failed jobs');
  return isMoved;
}

/** Gives a session its job again; a session that no job can be made of fails instead. Says whether a job was added. */
async function restoreJob(
  session: JobSource,
  { jobs, admission }: Pick<ReconcilerDeps, 'jobs' | 'admission'>,
): Promise<boolean> {
  let job: Job;
  try {
    job = jobOfSession(session);
  } catch (error) {
    await admission.fail(session.id, error);
    return false;
  }
  return jobs.restore(job);
}

function formatFailure({ code, message }: { code: string; message: string }): string {
  return `${code}: ${message}`;
}

/** One round of all steps, in the order in which each finds most. */
export async function reconcileOnce(deps: ReconcilerDeps): Promise<RoundReport> {
  const { readJobs, release, restore } = createReconciler(deps);
  const read = await readJobs();
  // Before the jobs are counted: sessions that were let go have theirs by then.
  const released = await release();
  return { ...read, ...released, ...(await restore()) };
}

/** The steps as maintenance tasks. */
export function reconcilerTasks(deps: ReconcilerDeps): MaintenanceTask[] {
  const { readJobs, release, restore } = createReconciler(deps);
  const steps = {
    'reading jobs': readJobs,
    'releasing sessions': release,
    'restoring jobs': restore,
  };
  return Object.entries(steps).map(([name, step]) => ({
    name,
    everyMs: PERIOD_MS,
    limitMs: LIMIT_MS,
    async run() {
      const report = await step();
      if (Object.values(report).some((count) => count > 0)) deps.log.info(report, 'reconciled');
    },
  }));
}
