// Pushes the work of a session that is about to complete.
import {
  AppError,
  defined,
  isAppError,
  type Outcome,
  type RepositoryConfig,
  type Session,
  type TranscriptManifest,
  type Workspace,
  workspaceOf,
} from '@baton/core/internal';
import type { AbortReason } from '../claude/abort-reason.ts';
import { makeFailure } from '../claude/make-failure.ts';
import type { AttemptContext } from './attempt-context.ts';
import { mayLeaveMessages } from './may-leave-messages.ts';
import { type PushSource, pushFromCapture } from './push-from-capture.ts';
import { concludeUnstarted } from './reconcile-history.ts';
import { refuseAttempt } from './refuse-attempt.ts';
import { writeUntilAcknowledged } from './write-until-acknowledged.ts';

/** The end of an attempt, before it is written. */
export interface UnpushedEnd {
  outcome: Outcome;
  workspace: Workspace;
  /** The complete transcript, if this attempt has one. */
  transcript?: TranscriptManifest | undefined;
}

/** The end of an attempt after the push. */
export interface PushedEnd {
  outcome: Outcome;
  workspace: Workspace;
  /** Whether the session has its answer, and only the push is to be tried again. */
  isAnswerKept: boolean;
}

/** Returns what a session pushes when it completes, or undefined if it pushes nothing. */
function pushOf(config: Session['config']): RepositoryConfig['push'] {
  const choice = workspaceOf(config);
  return choice.type === 'managed' ? choice.repository?.push : undefined;
}

/** Returns whether the work of a session with this outcome is pushed: its turn ended by itself. */
export function mayPush(session: Session, outcome: Outcome): boolean {
  const isDone = outcome.kind === 'completed' && outcome.stopped_by === undefined;
  return isDone && pushOf(session.config) !== undefined;
}

/**
 * Pushes what the session changed, if its outcome says that it completes. If the push fails, the outcome says why, and
 * the result stays the session's answer. Never rejects.
 */
export async function pushSession(
  context: AttemptContext,
  source: PushSource,
  end: UnpushedEnd,
): Promise<PushedEnd> {
  const { session, deps, stopSwitch, log } = context;
  const { outcome, transcript } = end;
  let { workspace } = end;
  if (!mayPush(session, outcome)) return { outcome, workspace, isAnswerKept: false };
  const stop = followStop(context);
  try {
    checkCapture(workspace);
    // With the complete transcript, the answer counts: if this worker dies, the next attempt only pushes.
    await storeProgress(context, { workspace, ...defined({ transcript }) });
    if (await mustDeliverFirst(context, outcome))
      return { outcome, workspace, isAnswerKept: false };
    const push = await pushFromCapture(context, source, {
      workspace,
      signal: stop.signal,
      async store(state) {
        workspace = { ...workspace, push: state };
        await storeProgress(context, { workspace });
      },
    });
    workspace = { ...workspace, ...defined({ push }) };
    return { outcome, workspace, isAnswerKept: false };
  } catch (error) {
    const reason = stopSwitch.reason;
    const stopped = stop.signal.aborted && reason;
    const failed = stopped
      ? outcomeOfStop(reason, outcome)
      : outcomeOfError(error, outcome, () => refuseAttempt(error, deps.host, log));
    return { outcome: failed, workspace, isAnswerKept: true };
  } finally {
    stop.release();
  }
}

/** A push that must not go on: the capture does not hold what is to be pushed. */
function checkCapture({ portable, reason, capture }: Workspace): void {
  if (portable && capture) return;
  if (reason === 'too_large') {
    throw new AppError(
      'WORKSPACE_TOO_LARGE',
      'workspace.push: the files are too large to be captured, so they cannot be pushed',
      { details: { field: 'workspace.push' } },
    );
  }
  throw new AppError(
    'HOST_ERROR',
    'the files of the session could not be captured, so they cannot be pushed; the log of the worker has the error',
  );
}

// The recorder may still hold an older state of the workspace, so this write goes through it.
async function storeProgress(
  { recorder }: AttemptContext,
  progress: { workspace: Workspace; transcript?: TranscriptManifest },
): Promise<void> {
  recorder.amend(progress);
  if (await recorder.heartbeat()) return;
  throw new AppError('FENCE_LOST', 'a newer attempt holds the session');
}

// With a message to deliver, the session returns to the queue, and the attempt that delivers it pushes.
async function mustDeliverFirst(
  { owned, session, progress, stopSwitch, relay, writeOptions }: AttemptContext,
  outcome: Outcome,
): Promise<boolean> {
  const news = await writeUntilAcknowledged(() => owned.commit({}), writeOptions);
  const ids = news?.pending_messages?.map(({ id }) => id) ?? [];
  if (ids.length === 0 || mayLeaveMessages(session, outcome, { progress, stopSwitch }))
    return false;
  return !relay.hasSentAll(ids);
}

// The turn is over, so an interrupt or a deadline of the run ends nothing any more.
const ENDS_PUSH: readonly AbortReason['kind'][] = [
  'cancel',
  'hand_back',
  'lost',
  'store_unavailable',
];

function followStop({ stopSwitch }: AttemptContext): { signal: AbortSignal; release(): void } {
  const own = new AbortController();
  const { signal } = stopSwitch.controller;
  const onAbort = () => {
    const { reason } = stopSwitch;
    if (reason && ENDS_PUSH.includes(reason.kind)) own.abort(reason);
  };
  // A cancel that came after the answer has lost.
  if (signal.aborted && stopSwitch.reason?.kind !== 'cancel') onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  return { signal: own.signal, release: () => signal.removeEventListener('abort', onAbort) };
}

function outcomeOfStop(reason: AbortReason, completed: Outcome): Outcome {
  const outcome = concludeUnstarted(reason);
  const result = 'result' in completed ? completed.result : undefined;
  return outcome.kind === 'cancelled' || outcome.kind === 'failed'
    ? { ...outcome, ...defined({ result }) }
    : outcome;
}

function outcomeOfError(error: unknown, completed: Outcome, refuse: () => Outcome): Outcome {
  if (!isAppError(error) || error.code === 'FENCE_LOST') {
    return error instanceof AppError ? { kind: 'handed_back' } : refuse();
  }
  const { code, message, details } = error;
  const evidence = { exit: { code: null, signal: null }, stderrTail: '' };
  const result = 'result' in completed ? completed.result : undefined;
  return {
    kind: 'failed',
    failure: { ...makeFailure({ code, message }, evidence), ...defined({ field: details?.field }) },
    ...defined({ result }),
  };
}
