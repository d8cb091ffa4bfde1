import {
  codeFacts,
  cutText,
  defined,
  type ErrorCode,
  type FailureFacts,
} from '@baton/core/internal';

/** The code of a failure, and its message. */
export interface Reason {
  code: ErrorCode;
  message: string;
}

/** The facts about the ended process that are stored with a failure. */
export interface FailureEvidence {
  exit: { code: number | null; signal: string | null };
  stderrTail: string;
  /** Stored only if stderr is empty. */
  stdoutTail?: string;
  apiErrorStatus?: number;
  retryAt?: Date;
}

// A message may be the CLI's whole answer, and a session stores one message for each of its
// attempts.
const MESSAGE_MAX_BYTES = 16 * 1024;

/**
 * Returns the failure to store. Its message is never empty. The table of error codes says whether
 * the failure is retryable.
 */
export function makeFailure(reason: Reason, evidence: FailureEvidence): FailureFacts {
  const facts = codeFacts(reason.code);
  const stderr = evidence.stderrTail.trim();
  return {
    code: reason.code,
    message: cutText(reason.message.trim(), MESSAGE_MAX_BYTES) || facts.description,
    retryable: facts.retryable,
    ...defined({
      api_error_status: evidence.apiErrorStatus,
      exit_code: evidence.exit.code ?? undefined,
      signal: evidence.exit.signal ?? undefined,
      retry_at: evidence.retryAt,
      stderr_tail: stderr || undefined,
      stdout_tail: stderr ? undefined : evidence.stdoutTail?.trim() || undefined,
    }),
  };
}
