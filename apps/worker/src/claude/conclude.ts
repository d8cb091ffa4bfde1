import { assertNever, codeFacts, defined, type Outcome, type Result } from '@baton/core/internal';
import type { AbortReason, Deadline } from './abort-reason.ts';
import { classifyExit } from './classify-exit.ts';
import { classifyResult, judgeResult } from './classify-result.ts';
import { makeFailure, type Reason } from './make-failure.ts';

/** The facts about an attempt whose process has ended. */
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
  /** Whether a final result had been read when Baton sent its first signal. */
  resultBeforeAbort: boolean;
  /** Whether `result` is not final: work was pending after it, or a further turn had begun. */
  isInterim?: boolean;
  stderrTail: string;
  /** The last output on stdout, except events. */
  stdoutTail?: string;
  /** The CLI's name for the last API error, see `apiErrorOf`. */
  apiError?: string | null;
  /** The error message of a slash command that the CLI handled without the model, see `commandErrorOf`. */
  commandError?: string | null;
  /** The account's rate limit, if the last rate_limit_event said `rejected`. */
  rateLimit?: { resetsAt?: Date } | null;
  workingDir?: string;
  /** What is wrong with the structured answer that was asked for, see check-answer.ts. */
  answerProblem?: string;
}

const TIMEOUTS: Record<Deadline, Reason> = {
  startup: {
    code: 'STARTUP_TIMEOUT',
    message: 'the claude CLI printed no event within the startup timeout',
  },
  idle: {
    code: 'IDLE_TIMEOUT',
    message: 'the claude CLI printed nothing for longer than the idle timeout',
  },
  wall_clock: {
    code: 'WALL_CLOCK_TIMEOUT',
    message: 'the session took longer than the wall-clock timeout',
  },
  exit: { code: 'PROTOCOL', message: 'the claude CLI did not end and left no result line' },
};

const NO_ANSWER: Reason = {
  code: 'NO_ANSWER',
  message: 'the claude CLI reported success without having asked the model',
};

const INTERIM =
  'after its last result line a background task or a wake-up was pending, or a further turn had begun';

const TURNS_SPENT: Reason = {
  code: 'MAX_TURNS',
  message: 'the session took more turns than max_turns allows',
};

const STORE_UNAVAILABLE: Reason = {
  code: 'STORE_UNAVAILABLE',
  message:
    'the worker stopped the session because it reached neither MongoDB nor Redis for a lease length',
};

/**
 * Returns the verdict on an attempt. If judgeResult accepts the last result line as a success, the
 * session is completed. The exit code does not matter, and neither does what Baton did after that
 * line. An interrupt completes the session too, if it left a result line or exit code 0. Otherwise
 * an interim result counts only if the CLI ended by itself with exit code 0.
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

/**
 * Returns the verdict on a CLI that had ended or given its final result before Baton stopped it.
 */
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
    case 'turns_spent':
      // The CLI may have given its answer before the request to stop reached it. That is chance, so
      // it does not decide.
      return fail(facts, TURNS_SPENT);
    case 'timed_out':
      return completeOr(facts, fail(facts, timeoutOf(facts, abort.deadline)));
    default:
      return assertNever(abort);
  }
}

// If SIGINT comes before the API has answered, the CLI often exits with code 0 and prints no result
// line.
function concludeInterrupted(facts: AttemptFacts): Outcome {
  const { result, exit } = facts;
  const refused = result && refusedForGood(result, facts.apiError);
  if (refused) return fail(facts, refused);
  if (result !== null) return { kind: 'completed', result, stopped_by: 'interrupt' };
  return exit.code === 0
    ? { kind: 'completed', stopped_by: 'interrupt' }
    : fail(facts, unansweredInterrupt(facts));
}

// If the API refused the turn permanently (no login, no credit), the refusal ended the turn, not the
// interrupt.
function refusedForGood(result: Result, apiError: string | null | undefined): Reason | null {
  if (!result.is_error || result.terminal_reason !== 'api_error') return null;
  const reason = classifyResult(result, apiError);
  return codeFacts(reason.code).retryable ? null : reason;
}

// A final answer counts even if it came while Baton was stopping the process.
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

// The process ended with an interim result. classifyExit finds the reason, but its message for
// PROTOCOL would say that there was no result line.
function brokenOff(facts: AttemptFacts): Reason {
  const { code, message } = classifyExit(facts);
  if (code !== 'PROTOCOL') return { code, message };
  const stderr = facts.stderrTail.trim();
  const ending = `the claude CLI ended with exit code ${facts.exit.code ?? 'unknown'} before its work was done: ${INTERIM}`;
  return { code, message: stderr ? `${ending}: ${stderr}` : ending };
}

// A slash command that the CLI runs by itself (/compact, /context) takes no turn, and its result
// names the command (docs/claude-cli.md, section 14). A result with 0 turns that names no command
// is not an answer. Either the prompt is a command that the CLI does not run in print mode (/help),
// or the CLI has resumed a damaged transcript.
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
        message: 'the turn did not end after an interrupt, so Baton killed the claude CLI',
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
