import {
  codeFacts,
  cutText,
  defined,
  type ErrorCode,
  type FailureFacts,
} from '@baton/core/internal';

/** The code of a failure and the sentence that goes with it. */
export interface Reason {
  code: ErrorCode;
  message: string;
}

/** What the process left behind, as far as a stored failure tells it. */
export interface FailureEvidence {
  exit: { code: number | null; signal: string | null };
  stderrTail: string;
  /** Told where stderr said nothing. */
  stdoutTail?: string;
  apiErrorStatus?: number;
  retryAt?: Date;
}

// A message may be the CLI's whole answer, and a session keeps one for each of its attempts.
const MESSAGE_MAX_BYTES = 16 * 1024;

/** The failure to store; the message is never empty, and retryable is the catalogue's word. */
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
