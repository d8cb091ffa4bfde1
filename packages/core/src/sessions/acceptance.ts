// Turns a launch or a continue into a job and a document, only once for each idempotency key.
import type { Admission } from '../admission/admission.ts';
import { type ContinueSessionConfig, inheritConfig } from '../model/config/continue-config.ts';
import { fileUsesOf } from '../model/config/file-refs.ts';
import type { RequestConfig, SessionConfig } from '../model/config/session-config.ts';
import type { OnBusy } from '../model/config/waiting-for.ts';
import type { ContentDraft } from '../model/content/content-draft.ts';
import { isAppError } from '../model/errors/app-error.ts';
import type { FileUse } from '../model/files/stored-file.ts';
import {
  type AcceptedSession,
  checkSameRequest,
  DEFAULT_TENANT,
  idOfKey,
} from '../model/job/idempotency.ts';
import { checkSize, type Job } from '../model/job/job.ts';
import { mayWait } from '../model/job/waiting.ts';
import { checkContinuedRepository } from '../model/policy/repository-base.ts';
import { checkParent } from '../model/session/parent.ts';
import { checkRerunSource } from '../model/session/rerun.ts';
import type { Session } from '../model/session/session.ts';
import { isTerminal } from '../model/session/status.ts';
import type {
  ContinueOptions,
  EnqueueOptions,
  JobBuilder,
  RerunOptions,
} from '../queue/job-builder.ts';
import type { SessionQueue } from '../queue/session-queue.ts';
import type { Sealer } from '../sealing/sealer.ts';
import type { Adopter } from '../store/adopt.ts';
import { readContinuePoint } from '../store/continue-point.ts';
import type { EventStore } from '../store/event-store.ts';
import type { FileStore } from '../store/file-store.ts';
import type { SessionStore } from '../store/session-store.ts';
import { createBulkAcceptance, type LaunchInput, type LaunchVerdict } from './bulk-acceptance.ts';
import { createBulkKeyedLaunch } from './bulk-keyed-launch.ts';
import type { ContentAcceptance } from './content-acceptance.ts';
import { storeJobContent } from './job-content.ts';
import type { LaunchByKey } from './keyed-launch.ts';
import { hasKey, type LaunchOptions, withoutKey } from './keyed-request.ts';

/** Accepts requests for sessions. Each call throws like the methods of the session manager. */
export interface Acceptance {
  /**
   * Launches a session. With a `conversation_key`, continues the newest session of that
   * conversation, or sends the query into it, and calls `judge` with the config of a new session.
   */
  launch(
    config: RequestConfig,
    options?: LaunchOptions,
    judge?: (config: SessionConfig) => void,
  ): Promise<AcceptedSession>;
  /**
   * Calls `judge` with the config of the new session, inherited values included. `judge` may throw
   * to refuse this config.
   */
  continue(
    request: ContinueSessionConfig,
    options?: ContinueOptions,
    judge?: (config: SessionConfig) => void,
  ): Promise<AcceptedSession>;
  /** Runs a session again as a new session. Calls `judge` with its config, as `continue` does. */
  rerun(
    id: string,
    options?: RerunOptions,
    judge?: (config: SessionConfig) => void,
  ): Promise<AcceptedSession>;
  /**
   * Accepts several launches. Returns one verdict for each launch, in the same order. Never
   * rejects.
   */
  launchMany(launches: readonly LaunchInput[]): Promise<LaunchVerdict[]>;
}

/** Creates the acceptance over a queue and an adopter. `jobs` decides whether requests are parsed here. */
export function createAcceptance({
  queue,
  sessions,
  events,
  files,
  adopter,
  announce,
  admission,
  sealer,
  content,
  jobs,
  launchByKey,
}: {
  queue: SessionQueue;
  sessions: SessionStore;
  events: Pick<EventStore, 'page'>;
  files: Pick<FileStore, 'pin'>;
  adopter: Adopter;
  announce: (session: Session) => void;
  admission: Admission;
  sealer: Sealer;
  content: ContentAcceptance;
  jobs: JobBuilder;
  launchByKey: LaunchByKey;
}): Acceptance {
  const addSession = createAddSession({ queue, adopter, admission });

  async function accept(
    job: Job,
    { options = {}, draft, check }: Acceptable,
  ): Promise<AcceptedSession> {
    const hasIdempotencyKey = options.idempotency_key !== undefined;
    const before = hasIdempotencyKey ? await adopter.find(job.id) : null;
    if (before) return replay(before, job);
    const used = await check();
    const limited = await admission.requestLimits.check(job).catch(async (error: unknown) => {
      // A concurrent request with the same key may have taken the last room under the limit.
      const concurrent = hasIdempotencyKey ? await adopter.find(job.id) : null;
      if (concurrent) return replay(concurrent, job);
      throw error;
    });
    if ('session' in limited) return limited;
    const isNew = !hasIdempotencyKey && options.id === undefined;
    const { tenant } = used;
    const stored = await storeJobContent(content, limited, { draft, tenant, hasIdempotencyKey });
    // From here on the files cannot expire. If this process dies before the session is stored, the maintenance releases
    // them.
    await files.pin(used.uses ?? usesOf(stored), { session_id: job.id, tenant });
    const session = await addSession(await sealer.job(stored, hasIdempotencyKey), isNew);
    // If two requests with the same key ran at once, the stored document decides for both.
    if (hasIdempotencyKey) checkSameRequest(session, job);
    return { session, replayed: false };
  }

  // The process that accepted the session may have died before it could admit it. So a repeated
  // request admits a session that still waits.
  async function replay(before: Session, job: Job): Promise<AcceptedSession> {
    checkSameRequest(before, job);
    return {
      session: before.waiting_for ? await admission.admit(before) : before,
      replayed: true,
    };
  }

  // A repeated request finds its session even if the session that it ran again was deleted since.
  async function findRepeated(
    sourceId: string,
    { idempotency_key, tenant = DEFAULT_TENANT }: RerunOptions,
  ): Promise<AcceptedSession | null> {
    if (idempotency_key === undefined) return null;
    const session = await adopter.find(idOfKey(tenant, idempotency_key));
    return session?.rerun_of === sourceId ? { session, replayed: true } : null;
  }

  return {
    async rerun(id, options = {}, judge) {
      const source = await adopter.find(id);
      const repeated = source ? null : await findRepeated(id, options);
      if (repeated) return repeated;
      checkRerunSource(id, source);
      return accept(jobs.rerun(source, options), {
        options,
        check: async () => {
          judge?.(source.config);
          // A caller who may run the session again may use its files, so their tenant does not count.
          const uses = fileUsesOf(source.config);
          if (source.kind === 'launch') return { uses };
          const parentId = source.parent_session_id ?? '';
          const parent = await adopter.find(parentId);
          if (!parent || !mayWaitFor(parent, source.on_busy)) checkParent(parentId, parent);
          return { uses };
        },
      });
    },
    launchMany: createBulkKeyedLaunch({
      launchMany: createBulkAcceptance({
        queue,
        sessions,
        files,
        announce,
        admission,
        sealer,
        content,
        jobs,
      }),
      launchByKey,
      sealer,
    }),
    async launch(config, options = {}, judge) {
      if (hasKey(options)) return launchByKey(config, options, { sealer, judge });
      const plain = withoutKey(options);
      const { drafted, draft } = jobs.draft(config);
      const check = async () => ({ tenant: plain.tenant });
      return accept(jobs.launch(drafted, plain), { options: plain, draft, check });
    },
    async continue(request, options, judge) {
      const { drafted, draft } = jobs.draft(request);
      const { parent_session_id: id, ...overrides } = drafted;
      return accept(jobs.continue(drafted, options), {
        options,
        draft,
        check: async () => {
          const parent = await adopter.find(id);
          const config = parent && inheritConfig(parent.config, overrides);
          if (config) judge?.(config);
          if (config) checkContinuedRepository(config, parent);
          if (!parent || !mayWaitFor(parent, options?.on_busy)) checkParent(id, parent);
          if (options?.at !== undefined) await readContinuePoint(events, parent, options.at);
          return { tenant: options?.tenant };
        },
      });
    },
  };
}

/** What accepting a job needs in addition to the job. */
interface Acceptable {
  options?: EnqueueOptions | undefined;
  /** The content of the request; absent if it has none. */
  draft?: ContentDraft | undefined;
  /** Throws if the request must be refused. */
  check(): Promise<UsedFiles>;
}

/** The uploaded files that a new session uses. */
interface UsedFiles {
  /** Default: the files that its job names. */
  uses?: readonly FileUse[];
  /** The tenant whose files may be used. Absent: the files of every tenant. */
  tenant?: string | undefined;
}

function usesOf(job: Job): FileUse[] {
  return fileUsesOf(job.kind === 'launch' ? job.config : job.overrides);
}

/** Returns whether a continue waits for this parent, because the parent has not ended. */
function mayWaitFor({ status }: Session, onBusy: OnBusy | undefined): boolean {
  const waits = onBusy !== undefined && onBusy !== 'reject';
  return waits && !isTerminal(status);
}

/** Adds the job and the document of a new session. `isNew` means that the id of the job was just generated. */
function createAddSession({
  queue,
  adopter,
  admission,
}: {
  queue: SessionQueue;
  adopter: Adopter;
  admission: Admission;
}): (job: Job, isNew: boolean) => Promise<Session> {
  // Stores the document first. Admission adds the job once the session no longer waits. If this
  // process dies before that, the reconciler admits the session.
  async function addWaiting(job: Job): Promise<Session> {
    checkSize(job);
    return admission.admit(await adopter.adoptBuilt(job));
  }

  // Adds the job first: if this process dies before it stores the document, the worker that takes the job stores it.
  // The document is stored from the payload at once, so that the session can be read. The payload has no plain
  // secrets.
  return async (job, isNew) => {
    if (mayWait(job)) return addWaiting(job);
    await queue.add(job);
    const adopting = adopter.adoptBuilt(job, { isNew });
    return adopting.catch(async (error: unknown) => {
      // The refused session must not run. If the drop fails, a worker or the reconciler removes the job.
      if (isAppError(error) && error.code === 'SESSION_DELETED') {
        await queue.drop(job.id).catch(() => {});
      }
      throw error;
    });
  };
}
