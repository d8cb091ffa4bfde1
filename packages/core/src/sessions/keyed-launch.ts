// Launches a session in the conversation of the caller's key.
//
// The document of the key names the newest session of the conversation, and holds the job of that
// session until the session is stored. Each launch has three steps. First it makes its session the
// newest: one guarded update decides between launches that race. Then it stores the session. Then it
// notes that the session is stored. If a process dies after the first step, the next launch with the
// key does the other two steps for it.
import { setTimeout as pause } from 'node:timers/promises';
import { inheritConfig } from '../model/config/continue-config.ts';
import { fileUsesOf } from '../model/config/file-refs.ts';
import type { RequestConfig, SessionConfig } from '../model/config/session-config.ts';
import { AppError } from '../model/errors/app-error.ts';
import { type AcceptedSession, checkSameRequest } from '../model/job/idempotency.ts';
import { checkSize, type Job } from '../model/job/job.ts';
import { checkContinuedRepository } from '../model/policy/repository-base.ts';
import { defined } from '../model/schema/defined.ts';
import { planKeyedLaunch, standingOf } from '../model/session/keyed-launch-plan.ts';
import type { Session } from '../model/session/session.ts';
import type { JobBuilder } from '../queue/job-builder.ts';
import { createInOrder } from '../runtime/in-order.ts';
import type { Sealer } from '../sealing/sealer.ts';
import type { NewestSession } from '../store/conversation-key-store.ts';
import type { FileStore } from '../store/file-store.ts';
import type { ContentAcceptance } from './content-acceptance.ts';
import { storeJobContent } from './job-content.ts';
import { buildKeyedRequest, type KeyedOptions, type KeyedRequest } from './keyed-request.ts';
import { createNewestSessions, type NewestSessionsDeps } from './newest-sessions.ts';
import { createSendByKey, type SendByKeyDeps } from './send-by-key.ts';

/**
 * How long a launch waits for earlier launches with the same key in this process, in milliseconds.
 * Without this order, many of them at once would race for the conversation, and most would lose.
 */
const ORDER_WAIT_MS = 5_000;

/** How often a launch tries again because another launch was first. */
const MAX_ROUNDS = 200;

/** How long a launch waits before it tries again, in milliseconds. */
const ROUND_PAUSE_MS = 10;

/**
 * Launches a session in the conversation of a key, continues the newest session of that
 * conversation, or sends the query into it. `sealer` encrypts the secrets of the config. Throws
 * like a launch and a continue; SESSION_NOT_TERMINAL names the field `conversation_key`.
 */
export type LaunchByKey = (
  config: RequestConfig,
  options: KeyedOptions,
  how: { sealer: Sealer; judge?: ((config: SessionConfig) => void) | undefined },
) => Promise<AcceptedSession>;

/** The dependencies of launches by key. */
export type KeyedLaunchDeps = NewestSessionsDeps &
  SendByKeyDeps & {
    files: Pick<FileStore, 'pin'>;
    content: ContentAcceptance;
    jobs: Pick<JobBuilder, 'draft' | 'launch' | 'continue'>;
  };

/** Creates the function that launches sessions in the conversations of keys. */
export function createKeyedLaunch(deps: KeyedLaunchDeps): LaunchByKey {
  const { keys, adopter, admission, jobs, content } = deps;
  const newestSessions = createNewestSessions(deps);
  const sendByKey = createSendByKey(deps);
  const inOrder = createInOrder(ORDER_WAIT_MS);

  /** Returns null if another launch was first, so that this launch has to decide again. */
  async function tryLaunch(request: KeyedRequest): Promise<AcceptedSession | null> {
    const noted = await keys.get(request.key);
    if (noted?.pending !== undefined) {
      await newestSessions.settle(request.key, noted);
      return null;
    }
    const newest = await newestSessions.findNewest(noted);
    // The stored sessions and messages are read after the newest session, so a session or message
    // that an equal request stored before that session ended is found.
    const repeated = await findRepeated(request);
    if (repeated) return repeated;
    const plan = planKeyedLaunch(standingOf(newest), request.on_busy);
    if (plan === 'launch' || !newest) return take(request, noted, await request.toLaunch());
    switch (plan) {
      case 'reject':
        throw busy(newest);
      case 'message':
        refuseFiles(request);
        return sendByKey.send(request, newest.id);
      case 'continue':
      case 'enqueue':
      case 'interrupt': {
        const config = inheritConfig(newest.config, request.config);
        request.judge(config);
        checkContinuedRepository(config, newest);
        const onBusy = plan === 'continue' ? undefined : plan;
        return take(request, noted, await request.toContinue(newest.id, onBusy), newest.id);
      }
    }
  }

  async function findRepeated(request: KeyedRequest): Promise<AcceptedSession | null> {
    if (!request.isRepeatable) return null;
    const session = await adopter.find(request.id);
    if (!session) return sendByKey.findRepeated(request);
    checkSameRequest(session, request.asSent);
    const isWaiting = session.waiting_for !== undefined;
    return { session: isWaiting ? await admission.admit(session) : session, replayed: true };
  }

  async function take(
    request: KeyedRequest,
    noted: NewestSession | null,
    built: Job,
    prior?: string,
  ): Promise<AcceptedSession | null> {
    const job = await checkLimits(request, built);
    if ('session' in job) return job;
    checkSize(job);
    const stored = await storeFiles(deps.files, request, job);
    const next = { id: job.id, pending: JSON.stringify(stored), ...defined({ prior }) };
    if (!(await keys.take(request.key, noted, next))) return null;
    const session = await newestSessions.store(request.key, next);
    if (!session) return null;
    try {
      // A launch without a conversation key may have used the same idempotency key meanwhile.
      if (request.isRepeatable) checkSameRequest(session, request.asSent);
    } catch (error) {
      await keys.withdraw(request.key, next);
      throw error;
    }
    return { session, replayed: false };
  }

  async function checkLimits(request: KeyedRequest, job: Job): Promise<Job | AcceptedSession> {
    try {
      return await admission.requestLimits.check(job);
    } catch (error) {
      // An equal request may have taken the last room under the limit.
      const repeated = await findRepeated(request);
      if (repeated) return repeated;
      throw error;
    }
  }

  return async (config, options, { sealer, judge = () => {} }) => {
    const request = buildKeyedRequest(config, options, { jobs, content, sealer, judge });
    const accepted = await inOrder(JSON.stringify(request.key), async () => {
      for (let round = 0; round < MAX_ROUNDS; round += 1) {
        if (round > 0) await pause(ROUND_PAUSE_MS);
        const decided = await tryLaunch(request);
        if (decided) return decided;
      }
      throw new AppError(
        'UNAVAILABLE',
        'conversation_key: this conversation takes many other launches at this moment, or is being deleted; try again later',
        { details: { field: 'conversation_key' } },
      );
    });
    const { session, replayed } = accepted;
    // The next launch of the conversation need not wait for this. If this process dies, the
    // reconciler admits the session.
    return replayed || accepted.message
      ? accepted
      : { ...accepted, session: await admission.admit(session) };
  };
}

// Stores the content of the request, and keeps its files. If this process dies before the session is stored, the maintenance releases the files.
async function storeFiles(
  files: KeyedLaunchDeps['files'],
  { content, draft, key, isRepeatable }: KeyedRequest,
  job: Job,
): Promise<Job> {
  const { tenant } = key;
  const stored = await storeJobContent(content, job, {
    draft,
    tenant,
    hasIdempotencyKey: isRepeatable,
  });
  await files.pin(fileUsesOf(stored.kind === 'launch' ? stored.config : stored.overrides), {
    session_id: job.id,
    tenant,
  });
  return stored;
}

// A session gets its files before its process starts. A message that left them out would seem to have brought them.
function refuseFiles({ config: { files } }: KeyedRequest): void {
  if (!files || files.length === 0) return;
  throw new AppError(
    'INVALID_REQUEST',
    'files: expected none in a message into a running session; use on_busy `enqueue`, or put the files into `content`',
    { details: { field: 'files' } },
  );
}

function busy({ id, status }: Session): AppError {
  return new AppError(
    'SESSION_NOT_TERMINAL',
    `conversation_key: session ${id}, the newest of this conversation, is ${status}; try again once it has ended, or use on_busy`,
    { details: { field: 'conversation_key', id, status } },
  );
}
