// Compares the session documents with the queue, and restores the documents and jobs that are
// missing.
import {
  type Admission,
  type Adopter,
  defined,
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

/**
 * The time between two runs of each step, in milliseconds. A job without a document is found within
 * this time.
 */
const PERIOD_MS = 5_000;

/** How long one step may take, in milliseconds. A queue of 100,000 jobs takes seconds. */
const LIMIT_MS = 120_000;

/** How many failed jobs and sessions are remembered, so that each is logged once. */
const REMEMBERED = 10_000;

/** The dependencies of a reconciler. */
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
  /** Jobs from which no session can be made. They were moved to the failed jobs. */
  failed: number;
  restored: number;
  /** Sessions that waited although nothing kept them from running. They were released. */
  released: number;
}

/**
 * The steps of a reconciler. Each step may be repeated, and may run at the same time as the other
 * steps.
 */
export interface Reconciler {
  /** Adopts jobs without documents, and removes jobs that no worker may run. */
  readJobs(): Promise<Pick<RoundReport, 'adopted' | 'dropped' | 'failed'>>;
  /** Releases sessions that no longer need to wait. */
  release(): Promise<Pick<RoundReport, 'released'>>;
  /** Adds a job for each session that should have one and has lost it. */
  restore(): Promise<Pick<RoundReport, 'restored'>>;
}

/** Creates a reconciler. A job or document that cannot be handled is logged once and skipped. */
function createReconciler(deps: ReconcilerDeps): Reconciler {
  const { jobs, store, admission, log } = deps;
  const handle = createErrorGuard(log);
  // The ids of the waiting jobs that `readJobs` found last. `restore` skips these sessions, because
  // they still have a job. In a long queue, these are most of the sessions.
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
          const done = await handle(id, 'a job could not be adopted, trying again', () =>
            adopt(id, deps),
          );
          if (done) report[done] += 1;
        }
        for (const id of terminal) {
          await handle(id, 'the job of an ended session could not be removed, trying again', () =>
            jobs.drop(id),
          );
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
          const what = 'a session that lost its job could not be enqueued, trying again';
          const isRestored = await handle(session.id, what, () => restoreJob(session, deps));
          if (isRestored) restored += 1;
        }
      }
      return { restored };
    },
  };
}

/**
 * Returns a function that handles one job or session. If that fails, the function logs `what` once for each id
 * and resolves to null. If a store is unavailable, it rejects: the other jobs would fail too, so the step ends.
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

/** Repairs the queue's keys and jobs that BullMQ cannot use, and logs what it repaired. */
async function healAndLog({ jobs, log }: Pick<ReconcilerDeps, 'jobs' | 'log'>): Promise<void> {
  const { set_aside, jobs: healed } = await jobs.heal();
  if (set_aside.length + healed.length === 0) return;
  log.error(
    { set_aside, jobs: healed },
    'repaired keys and jobs of the queue that BullMQ could not use',
  );
}

/**
 * Makes the session document of a job. If that is impossible, removes or fails the job. Returns null if the job
 * stays as it is.
 */
async function adopt(
  id: string,
  deps: Pick<ReconcilerDeps, 'jobs' | 'adopter' | 'log'>,
): Promise<'adopted' | 'dropped' | 'failed' | null> {
  const { jobs, adopter } = deps;
  const job = await jobs.find(id);
  if (!job) return null;
  try {
    const session = await adopter.adopt(job);
    // The document says why Baton refused the job. The job is moved so that the queue shows the failure
    // too. Otherwise the next round would remove the job, unless a worker took it first.
    if (session.failure && session.attempts.length === 0) {
      await failUnreadableJob(job, formatFailure(session.failure), deps, session);
    }
    return 'adopted';
  } catch (error) {
    // A worker of a newer version will make the document. Until then the job stays as it is.
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

/** Moves a job with an invalid payload to the failed jobs. Returns false if a worker has the job. */
async function failUnreadableJob(
  job: Parameters<JobUpkeep['fail']>[0],
  reason: string,
  { jobs, log }: Pick<ReconcilerDeps, 'jobs' | 'log'>,
  session?: Session,
): Promise<boolean> {
  const isMoved = await jobs.fail(job, reason);
  const facts = { job_id: job.id, reason, ...defined({ session_id: session?.id }) };
  if (isMoved)
    log.error(facts, 'the payload of a job is invalid, moved the job to the failed jobs');
  return isMoved;
}

/**
 * Adds the job of a session again. If no job can be made from the session, fails the session. Returns whether a
 * job was added.
 */
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

/** Runs all steps once, in the order in which each step finds the most to do. */
export async function reconcileOnce(deps: ReconcilerDeps): Promise<RoundReport> {
  const { readJobs, release, restore } = createReconciler(deps);
  const read = await readJobs();
  // The release comes before `restore`, because a released session gets its job at once.
  const released = await release();
  return { ...read, ...released, ...(await restore()) };
}

/** Returns the steps as maintenance tasks. */
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
      if (Object.values(report).some((count) => count > 0)) {
        deps.log.info(report, 'reconciled the queue with the session documents');
      }
    },
  }));
}
