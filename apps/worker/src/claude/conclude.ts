import { assertNever, codeFacts, defined, type Outcome, type Result } from '@baton/core/internal';
import type { AbortReason, Deadline } from './abort-reason.ts';
import { classifyExit } from './classify-exit.ts';
import { classifyResult, judgeResult } from './classify-result.ts';
import { makeFailure, type Reason } from './make-failure.ts';

/** All that is known of an attempt whose process has ended. */
export interface AttemptFacts {
  exit: {
    code: number | null;
    signal: string | null;
    spawnError?: { code: string; message: string };
  };
  /** The last result line, or null if there was none. */
  result: Result | null;
  sawInit: boolean;
  /** Why Baton stopped the process, or null if it ended by itself. */
  abort: AbortReason | null;
  /** Whether `result` had been read, and was the last word, when Baton sent its first signal. */
  resultBeforeAbort: boolean;
  /** Whether `result` is not the last word: work was pending, or a further turn had begun. */
  isInterim?: boolean;
  stderrTail: string;
  /** The end of what stdout said beside events. */
  stdoutTail?: string;
  /** The CLI's word for the last refusal of the API, see `apiErrorOf`. */
  apiError?: string | null;
  /** What a slash command of the CLI said of its failure, see `commandErrorOf`. */
  commandError?: string | null;
  /** There if the last rate_limit_event said `rejected`. */
  rateLimit?: { resetsAt?: Date } | null;
  workingDir?: string;
  /** What is wrong with the structured answer that was asked for, see check-answer.ts. */
  answerProblem?: string;
}

const TIMEOUTS: Record<Deadline, Reason> = {
  startup: { code: 'STARTUP_TIMEOUT', message: 'the claude CLI printed no event in time' },
  idle: { code: 'IDLE_TIMEOUT', message: 'the claude CLI printed nothing for too long' },
  wall_clock: { code: 'WALL_CLOCK_TIMEOUT', message: 'the session took longer than allowed' },
  exit: { code: 'PROTOCOL', message: 'the claude CLI did not end and left no result line' },
};

const NO_ANSWER: Reason = {
  code: 'NO_ANSWER',
  message: 'the claude CLI reported success without having asked the model',
};

const INTERIM =
  'after its last result line a background task or a wake-up was pending, or a further turn had begun';

const STORE_UNAVAILABLE: Reason = {
  code: 'STORE_UNAVAILABLE',
  message:
    'the worker could reach neither of its stores for a lease length and stopped the session',
};

/**
 * The verdict on an attempt. Success is a last result line that judgeResult takes for one, whatever the exit
 * code and whatever Baton did after it; or an interrupt that left a result line. An interim one counts
 * only where the CLI ended well by itself.
 */
export function concludeAttempt(facts: AttemptFacts): Outcome {
  const { abort, result } = facts;
  if (abort === null) return concludeEnded(facts);
  if (abort.kind === 'lost') return { kind: 'handed_back' };
  const isAnswered = result !== null && facts.resultBeforeAbort;
  if (isAnswered && !(abort.kind === 'cancel' && result.is_error)) return concludeEnded(facts);
  return concludeStopped(facts, abort);
}

function invalidAnswer({ answerProblem }: AttemptFacts): Reason | null {
  return answerProblem === undefined
    ? null
    : { code: 'STRUCTURED_OUTPUT_INVALID', message: answerProblem };
}

/** The verdict where the CLI had its last word before Baton did anything to it. */
function concludeEnded(facts: AttemptFacts): Outcome {
  const { result } = facts;
  if (result === null) return fail(facts, classifyExit(facts));
  if (facts.isInterim && !result.is_error && facts.exit.code !== 0) {
    return fail(facts, brokenOff(facts));
  }
  const reason = judgeResult(result, facts.apiError) ?? invalidAnswer(facts);
  if (reason) return fail(facts, reason);
  const unanswered = withoutTurn(result, facts.commandError);
  return unanswered ? fail(facts, unanswered) : { kind: 'completed', result };
}

function concludeStopped(
  facts: AttemptFacts,
  abort: Exclude<AbortReason, { kind: 'lost' }>,
): Outcome {
  const { result } = facts;
  switch (abort.kind) {
    case 'cancel':
      return { kind: 'cancelled', ...defined({ result: result ?? undefined }) };
    case 'interrupt':
      return concludeInterrupted(facts);
    case 'hand_back':
      return completeOr(facts, { kind: 'handed_back' });
    case 'store_unavailable':
      return completeOr(facts, fail(facts, STORE_UNAVAILABLE));
    case 'timed_out':
      return completeOr(facts, fail(facts, timeoutOf(facts, abort.deadline)));
    default:
      return assertNever(abort);
  }
}

// Before the API has answered, SIGINT often ends the CLI well without a result line.
function concludeInterrupted(facts: AttemptFacts): Outcome {
  const { result, exit } = facts;
  const refused = result && refusedForGood(result, facts.apiError);
  if (refused) return fail(facts, refused);
  if (result !== null) return { kind: 'completed', result, stopped_by: 'interrupt' };
  return exit.code === 0
    ? { kind: 'completed', stopped_by: 'interrupt' }
    : fail(facts, unansweredInterrupt(facts));
}

// An API that refused the turn (no login, no credit) left nothing to complete: that is no interrupt's work.
function refusedForGood(result: Result, apiError: string | null | undefined): Reason | null {
  if (!result.is_error || result.terminal_reason !== 'api_error') return null;
  const reason = classifyResult(result, apiError);
  return codeFacts(reason.code).retryable ? null : reason;
}

// An answer that came while the process was being stopped is an answer.
function completeOr(facts: AttemptFacts, otherwise: Outcome): Outcome {
  const isAnswered = facts.result?.is_error === false && !facts.isInterim;
  return isAnswered ? concludeEnded(facts) : otherwise;
}

function timeoutOf({ isInterim }: AttemptFacts, deadline: Deadline): Reason {
  const { code, message } = TIMEOUTS[deadline];
  return isInterim
    ? { code, message: `${message} while work was pending: ${INTERIM}` }
    : TIMEOUTS[deadline];
}

// How the process ended says why; that there was no result line would not be true.
function brokenOff(facts: AttemptFacts): Reason {
  const { code, message } = classifyExit(facts);
  if (code !== 'PROTOCOL') return { code, message };
  const stderr = facts.stderrTail.trim();
  const ending = `the claude CLI ended with exit code ${facts.exit.code ?? 'unknown'} before its work was done: ${INTERIM}`;
  return { code, message: stderr ? `${ending}: ${stderr}` : ending };
}

// A slash command that the CLI runs by itself (/compact, /context) takes no turn, and the result names it. A
// result without a turn that names no command is no answer: the CLI knows the command and does not run it
// (/help), or has resumed a damaged transcript.
function withoutTurn(
  { num_turns, result, local_command }: Result,
  commandError: string | null | undefined,
): Reason | null {
  if (num_turns !== 0) return null;
  if (local_command === undefined) {
    return result ? { ...NO_ANSWER, message: `${NO_ANSWER.message}: ${result}` } : NO_ANSWER;
  }
  if (!commandError) return null;
  return { ...NO_ANSWER, message: `the slash command /${local_command} failed: ${commandError}` };
}

function unansweredInterrupt({ exit }: AttemptFacts): Reason {
  return exit.signal === 'SIGINT'
    ? { code: 'PROTOCOL', message: 'the interrupt ended the claude CLI before its first turn' }
    : {
        code: 'INTERRUPT_TIMEOUT',
        message: 'the turn did not end after an interrupt and was killed',
      };
}

function fail(facts: AttemptFacts, reason: Reason): Outcome {
  const { result, exit, stderrTail, stdoutTail } = facts;
  const apiErrorStatus = result?.is_error ? result.api_error_status : undefined;
  return {
    kind: 'failed',
    failure: makeFailure(reason, {
      exit,
      stderrTail,
      ...defined({
        stdoutTail,
        apiErrorStatus: typeof apiErrorStatus === 'number' ? apiErrorStatus : undefined,
        retryAt: reason.code === 'RATE_LIMITED' ? facts.rateLimit?.resetsAt : undefined,
      }),
    }),
    ...defined({ result: result ?? undefined }),
  };
}
