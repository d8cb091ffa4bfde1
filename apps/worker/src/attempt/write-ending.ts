// Writes the end of an attempt: its outcome ends the session or returns it to the queue.
import {
  type Attempt,
  type AttemptRecord,
  assertNever,
  defined,
  type Ending,
  type Failure,
  type FailureFacts,
  type HostFailure,
  type Outcome,
  type OwnedSession,
  type Session,
  type SessionStatus,
  type Totals,
  type TranscriptManifest,
  type Workspace,
} from '@baton/core/internal';

/**
 * What an attempt means for its session. This is the second of four types: the verdict on the
 * attempt (`Outcome`, in core) becomes the `AttemptResult` once it is written to the session
 * document. The job ends with that result, or with the reason why no attempt began (`JobEnd`). The
 * `JobEnd` decides what the queue does with the job (`JobOutcome`).
 */
export type AttemptResult =
  /** The session has ended with this status. */
  | { kind: 'ended'; status: SessionStatus; failure?: Failure }
  /** The session is queued again. This counts neither as a retry nor as a crash. */
  | { kind: 'handed_back' }
  /**
   * The host kept the attempt from starting. The session's job is processed again after `waitMs`
   * milliseconds.
   */
  | { kind: 'host_failure'; waitMs: number }
  /**
   * The session is retried at `at`. `ownAccount`: the session uses its caller's account, not the
   * operator's, so the rate limit of that account affects no other session.
   */
  | { kind: 'retry'; at: Date; failure: Failure; ownAccount?: true }
  /**
   * The attempt could not write its ending: another worker holds the session, or MongoDB did not
   * accept the write.
   */
  | { kind: 'lost' };

/** The facts that are written with an outcome. */
export interface EndingFacts {
  attempt: Attempt;
  now: Date;
  totals: Totals;
  /**
   * Undefined if the transcript could not be saved. Then the manifest that was committed last
   * stays.
   */
  transcript: TranscriptManifest | undefined;
  /** Undefined if the attempt did not take the workspace. */
  workspace: Workspace | undefined;
  exitLateMs: number | undefined;
  /**
   * The session's host failures, including this failure. Undefined if the host did not cause the
   * outcome.
   */
  hostFailures: HostFailure[] | undefined;
  counts: Session['counts'];
  /**
   * Whether the session may complete although it has messages to deliver: it was interrupted, or it
   * has no turn or no budget left for them.
   */
  mayLeaveMessages: boolean;
  /** Returns whether the CLI got these messages and dropped them (`MessageRelay.hasSentAll`). */
  wereDropped(ids: readonly string[]): boolean;
  /** Whether the attempt marked messages as sent. */
  hasClaimedMessages: boolean;
  /**
   * Whether a process ran, and its result does not count. If not, a stored last result still answers the session.
   */
  hasRun: boolean;
  /** When the session is retried. Undefined if it is not. */
  retryAt: Date | undefined;
}

/** What every ending writes. */
type CommonEnding = Pick<Ending, 'totals' | 'transcript' | 'workspace'>;

/**
 * Writes the outcome of an attempt. Resolves to null if a newer fence holds the session. The write
 * may be repeated safely.
 */
export async function writeEnding(
  owned: OwnedSession,
  outcome: Outcome,
  facts: EndingFacts,
): Promise<AttemptResult | null> {
  const common: CommonEnding = {
    totals: facts.totals,
    ...defined({ transcript: facts.transcript, workspace: facts.workspace }),
  };
  const record: AttemptRecord = {
    outcome: outcome.kind,
    ...defined({ exit_late_ms: facts.exitLateMs }),
  };
  switch (outcome.kind) {
    case 'completed': {
      const { result, stopped_by } = outcome;
      const done = {
        ...common,
        ...defined({ result, stopped_by }),
      };
      const complete = (undelivered: 'any' | readonly string[]) =>
        owned.conclude('completed', done, record, { undelivered });
      let held = await complete(facts.mayLeaveMessages ? 'any' : []);
      if (held === 'pending') {
        const ids = (await owned.commit({}))?.pending_messages?.map(({ id }) => id) ?? [];
        if (facts.wereDropped(ids)) held = await complete(ids);
      }
      if (held === 'pending') return requeueForMessages(owned, { ...done, record }, facts);
      return held && { kind: 'ended', status: 'completed' };
    }
    case 'failed': {
      const failure = toFailure(outcome.failure, facts);
      const { retryAt } = facts;
      if (retryAt) return writeRetry(owned, common, { ...record, failure }, { ...facts, retryAt });
      const held = await owned.conclude(
        'failed',
        {
          ...common,
          failure,
          error: failure.message,
          ...(facts.hostFailures ? withHostFailure(facts.counts, facts.hostFailures) : {}),
          ...defined({ result: outcome.result }),
        },
        { ...record, failure },
      );
      return held && { kind: 'ended', status: 'failed', failure };
    }
    case 'cancelled': {
      const done = { ...common, ...defined({ result: outcome.result }) };
      const held = await owned.conclude('cancelled', done, record);
      return held && { kind: 'ended', status: 'cancelled' };
    }
    case 'handed_back': {
      const to = await returnToQueue(owned, { reason: 'hand_back', ...common }, record, facts);
      if (to === 'cancelled') return { kind: 'ended', status: 'cancelled' };
      return to && { kind: 'handed_back' };
    }
    case 'host_failure': {
      const { failure, waitMs } = outcome;
      const host_failures = facts.hostFailures ?? [];
      const failedRecord = { ...record, failure: toFailure(failure, facts) };
      const back = { reason: 'host_failure', host_failures, ...common } as const;
      const to = await returnToQueue(owned, back, failedRecord, facts);
      if (to === 'cancelled') return { kind: 'ended', status: 'cancelled' };
      return to && { kind: 'host_failure', waitMs };
    }
    default:
      return assertNever(outcome);
  }
}

// A message came after the process had ended with its answer. The next attempt resumes the
// conversation with that message.
async function requeueForMessages(
  owned: OwnedSession,
  { stopped_by, record, ...kept }: Ending & { record: AttemptRecord },
  facts: EndingFacts,
): Promise<AttemptResult | null> {
  const back = { reason: 'message', ...kept } as const;
  const to = await returnToQueue(owned, back, { ...record, outcome: 'handed_back' }, facts);
  if (to === 'cancelled') return { kind: 'ended', status: 'cancelled' };
  return to && { kind: 'handed_back' };
}

// The count is absolute because the write may be repeated. The fence keeps other workers from
// changing the count.
function withHostFailure(
  counts: Session['counts'],
  host_failures: HostFailure[],
): Pick<Ending, 'counts' | 'host_failures'> {
  return { host_failures, counts: { ...counts, host_failures: counts.host_failures + 1 } };
}

async function writeRetry(
  owned: OwnedSession,
  common: CommonEnding,
  record: AttemptRecord & { failure: Failure },
  facts: EndingFacts & { retryAt: Date },
): Promise<AttemptResult | null> {
  const at = facts.retryAt;
  const back = { reason: 'retry', not_before: at, ...common } as const;
  const to = await returnToQueue(owned, back, record, facts);
  if (to === 'cancelled') return { kind: 'ended', status: 'cancelled' };
  return to && { kind: 'retry', at, failure: record.failure };
}

// No process has the messages any more, so callers may take them back until the next attempt.
async function returnToQueue(
  owned: OwnedSession,
  back: Parameters<OwnedSession['returnToQueue']>[0],
  record: AttemptRecord,
  { hasClaimedMessages, hasRun }: EndingFacts,
): ReturnType<OwnedSession['returnToQueue']> {
  if (hasClaimedMessages) await owned.releaseMessages();
  return owned.returnToQueue({ ...back, keepsResult: !hasRun }, record);
}

function toFailure(failure: FailureFacts, { attempt, now }: EndingFacts): Failure {
  return { ...failure, attempt: attempt.attempt, at: now };
}
