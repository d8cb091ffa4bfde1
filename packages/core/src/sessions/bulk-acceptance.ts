// Launches many sessions with few commands to Redis and MongoDB. Each launch gets its own verdict.
import type { Admission } from '../admission/admission.ts';
import type { RequestLimits } from '../admission/limit-admission.ts';
import { fileUsesOf } from '../model/config/file-refs.ts';
import type { RequestConfig, SessionConfig } from '../model/config/session-config.ts';
import type { ContentDraft } from '../model/content/content-draft.ts';
import { isAppError } from '../model/errors/app-error.ts';
import { type AcceptedSession, checkSameRequest } from '../model/job/idempotency.ts';
import { checkSize, type LaunchJob } from '../model/job/job.ts';
import { type AcceptedJob, acceptJob, queuedSession } from '../model/job/new-session.ts';
import { defined } from '../model/schema/defined.ts';
import type { Session } from '../model/session/session.ts';
import type { JobBuilder } from '../queue/job-builder.ts';
import type { SessionQueue } from '../queue/session-queue.ts';
import type { Sealer } from '../sealing/sealer.ts';
import type { FileStore } from '../store/file-store.ts';
import type { SessionStore } from '../store/session-store.ts';
import type { ContentAcceptance } from './content-acceptance.ts';
import { storeJobContent } from './job-content.ts';
import { type LaunchOptions, withoutKey } from './keyed-request.ts';

/** How many launches go to the stores in one command. Other requests get a turn between two commands. */
const SLICE = 100;

/** How many secrets all launches of one request may have. Sealing this many takes about a second. */
export const MAX_SECRETS = 2_000;

/** One launch of a bulk request. */
export interface LaunchInput {
  config: RequestConfig;
  options?: LaunchOptions;
  /** Called with the config of a session that continues the conversation of a key. May throw. */
  judge?: (config: SessionConfig) => void;
}

/** The verdict on one launch of a bulk request. */
export type LaunchVerdict = AcceptedSession | { error: unknown };

interface LimitedLaunch {
  job: LaunchJob;
  hasIdempotencyKey: boolean;
  /** Absent if the launch has no content. */
  draft?: ContentDraft;
  /** The tenant whose files the launch may use. Absent: the files of every tenant. */
  tenant: string | undefined;
}

interface SealedLaunch extends Omit<LimitedLaunch, 'draft'> {
  job: AcceptedJob<LaunchJob>;
}

interface Refused {
  error: unknown;
}

/** Creates a function that launches many sessions. */
export function createBulkAcceptance({
  queue,
  sessions,
  files,
  announce,
  admission,
  sealer,
  content,
  jobs,
}: {
  queue: SessionQueue;
  sessions: SessionStore;
  files: Pick<FileStore, 'pin'>;
  announce: (session: Session) => void;
  admission: Admission;
  sealer: Sealer;
  content: ContentAcceptance;
  jobs: Pick<JobBuilder, 'draft' | 'launch'>;
}): (launches: readonly LaunchInput[]) => Promise<LaunchVerdict[]> {
  const launchSlice = createSliceLaunch({ queue, sessions, files, announce, admission });

  // A repeated launch has its session already, so its bytes are not stored again.
  async function storeContent({ job, draft, tenant, hasIdempotencyKey }: LimitedLaunch) {
    if (!draft || (hasIdempotencyKey && (await sessions.get(job.id)))) return job;
    return storeJobContent(content, job, { draft, tenant, hasIdempotencyKey });
  }

  return async (launches) => {
    const verdicts: LaunchVerdict[] = [];
    const sealing = sealer.forMany(MAX_SECRETS);
    let failed: { error: unknown } | undefined;
    for (let from = 0; from < launches.length; from += SLICE) {
      const slice = launches.slice(from, from + SLICE);
      const limited = await Promise.all(
        slice.map((one) => build(one, admission.requestLimits, jobs)),
      );
      const sealed: (SealedLaunch | Refused)[] = [];
      // The launches are sealed one after the other, so that few secrets are sealed at once and the first launches are
      // served first.
      for (const one of limited)
        sealed.push(isLaunch(one) ? await seal(one, sealing, storeContent) : one);
      // If a store did not answer for one slice, the next slices fail at once instead of waiting for that store again.
      const launched = failed ? undefined : await launchSlice(sealed.filter(isLaunch)).catch(fail);
      for (const one of sealed) {
        verdicts.push(isLaunch(one) ? (launched?.get(one) ?? failed ?? NONE) : one);
      }
    }
    return verdicts;

    function fail(error: unknown): undefined {
      failed = { error };
    }
  };
}

const NONE = { error: new Error('a launch has no verdict') };

/**
 * Creates a function that launches a slice, with one command for its jobs and one command for its documents. It throws
 * if a store does not answer.
 */
function createSliceLaunch({
  queue,
  sessions,
  files,
  announce,
  admission,
}: {
  queue: SessionQueue;
  sessions: SessionStore;
  files: Pick<FileStore, 'pin'>;
  announce: (session: Session) => void;
  admission: Admission;
}): (sealed: readonly SealedLaunch[]) => Promise<Map<SealedLaunch, LaunchVerdict>> {
  // The order is the same as in acceptance.ts: the jobs first, then their documents. A session that waits gets only a
  // document. Returns the verdicts on the refused sessions.
  async function enqueue(
    jobs: readonly SealedLaunch['job'][],
  ): Promise<Map<string, LaunchVerdict>> {
    const made = jobs.map((job) => queuedSession(job, job.config));
    const waiting = made.filter((session) => session.waiting_for);
    const ids = new Set(waiting.map(({ id }) => id));
    await queue.addMany(jobs.filter(({ id }) => !ids.has(id)));
    const deleted = await sessions.insertManyIfAbsent(made);
    // If the drop fails, a worker or the reconciler removes the job.
    for (const id of deleted.keys()) await queue.drop(id).catch(() => {});
    const stored = waiting.filter(({ id }) => !deleted.has(id));
    const waitForKeys = stored.filter((session) => !waitsForLimits(session));
    if (waitForKeys.length > 0) await admission.releaseForKeys(waitForKeys);
    const refused = await admitAll(admission, stored.filter(waitsForLimits));
    for (const [id, error] of deleted) refused.set(id, { error });
    return refused;
  }

  return async (sealed) => {
    const maybeKnown = sealed
      .filter(({ hasIdempotencyKey }) => hasIdempotencyKey)
      .map(({ job }) => job.id);
    const known = byId(maybeKnown.length > 0 ? await sessions.getMany(maybeKnown) : []);
    const fresh = new Map<string, SealedLaunch>();
    for (const one of sealed) {
      const { id } = one.job;
      if (!known.has(id) && !fresh.has(id)) fresh.set(id, one);
    }
    const withoutFiles = await pinFiles(files, [...fresh.values()]);
    const jobs = [...fresh.values()]
      .map(({ job }) => job)
      .filter(({ id }) => !withoutFiles.has(id));
    // The process that first accepted these sessions may be refusing some of them at this moment,
    // or may have died before it refused them.
    const replays = sealed
      .flatMap((one) => replayed(one, known.get(one.job.id)))
      .filter(waitsForLimits);
    const refused = new Map([
      ...withoutFiles,
      ...(await admitAll(admission, [...byId(replays).values()])),
      ...(jobs.length > 0 ? await enqueue(jobs) : []),
    ]);
    const made = await sessions.getMany([...fresh.keys()]);
    for (const session of made) announce(session);
    const passed = await sessions.getMany(replays.map(({ id }) => id));
    const stored = new Map([...known, ...byId(passed), ...byId(made)]);
    return new Map(
      sealed.map((one) => {
        const { id } = one.job;
        return [one, refused.get(id) ?? verdictOf(one, stored.get(id), fresh.get(id))];
      }),
    );
  };
}

// The files of a launch cannot expire once they are pinned. Returns the verdicts on launches whose files do not exist.
async function pinFiles(
  files: Pick<FileStore, 'pin'>,
  launches: readonly LimitedLaunch[],
): Promise<Map<string, LaunchVerdict>> {
  const refused = new Map<string, LaunchVerdict>();
  for (const { job, tenant } of launches) {
    try {
      await files.pin(fileUsesOf(job.config), { session_id: job.id, tenant });
    } catch (error) {
      if (!isAppError(error) || error.code !== 'FILE_NOT_FOUND') throw error;
      refused.set(job.id, { error });
    }
  }
  return refused;
}

// The sessions are admitted one after the other, so that earlier launches are admitted first.
async function admitAll(
  admission: Pick<Admission, 'admit'>,
  limited: readonly Session[],
): Promise<Map<string, LaunchVerdict>> {
  const refused = new Map<string, LaunchVerdict>();
  for (const session of limited) {
    try {
      await admission.admit(session);
    } catch (error) {
      if (!isAppError(error) || error.code !== 'LIMIT_EXCEEDED') throw error;
      refused.set(session.id, { error });
    }
  }
  return refused;
}

async function build(
  { config, options = {} }: LaunchInput,
  requestLimits: RequestLimits,
  jobs: Pick<JobBuilder, 'draft' | 'launch'>,
): Promise<LimitedLaunch | Refused> {
  try {
    const { drafted, draft } = jobs.draft(config);
    const job = jobs.launch(drafted, withoutKey(options));
    checkSize(job);
    return {
      job: await requestLimits.withLimits(job),
      hasIdempotencyKey: options.idempotency_key !== undefined,
      tenant: options.tenant,
      ...defined({ draft }),
    };
  } catch (error) {
    return { error };
  }
}

async function seal(
  one: LimitedLaunch,
  sealer: Sealer,
  storeContent: (one: LimitedLaunch) => Promise<LaunchJob>,
): Promise<SealedLaunch | Refused> {
  const { hasIdempotencyKey, tenant } = one;
  try {
    const sealed = await sealer.job(await storeContent(one), hasIdempotencyKey);
    checkSize(sealed);
    return { job: acceptJob(sealed, Date.now()), hasIdempotencyKey, tenant };
  } catch (error) {
    return { error };
  }
}

function isLaunch<T extends LimitedLaunch>(one: T | Refused): one is T {
  return 'job' in one;
}

function verdictOf(
  one: SealedLaunch,
  session: Session | undefined,
  first?: SealedLaunch,
): LaunchVerdict {
  if (!session)
    return { error: new Error(`session ${one.job.id} was stored but no longer exists`) };
  try {
    if (one.hasIdempotencyKey) checkSameRequest(session, one.job);
    return { session, replayed: one !== first };
  } catch (error) {
    return { error };
  }
}

function replayed(one: SealedLaunch, known: Session | undefined): Session[] {
  const verdict = verdictOf(one, known);
  return 'session' in verdict ? [verdict.session] : [];
}

function byId(sessions: readonly Session[]): Map<string, Session> {
  return new Map(sessions.map((session) => [session.id, session]));
}

function waitsForLimits({ waiting_for }: Session): boolean {
  return waiting_for === 'budget';
}
