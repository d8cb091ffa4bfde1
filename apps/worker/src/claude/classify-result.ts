import { codeFacts, type ErrorCode, hasVisibleText, type Result } from '@baton/core/internal';
import type { Reason } from './make-failure.ts';

const BY_SUBTYPE: Record<string, ErrorCode> = {
  error_max_turns: 'MAX_TURNS',
  error_max_budget_usd: 'BUDGET_EXCEEDED',
  error_max_structured_output_retries: 'STRUCTURED_OUTPUT_INVALID',
};

// The values of `terminal_reason` in claude 2.1.330 that have their own error code.
const BY_TERMINAL_REASON: Record<string, ErrorCode> = {
  blocking_limit: 'PROMPT_TOO_LONG',
  rapid_refill_breaker: 'PROMPT_TOO_LONG',
  prompt_too_long: 'PROMPT_TOO_LONG',
  max_turns: 'MAX_TURNS',
  budget_exhausted: 'BUDGET_EXCEEDED',
  structured_output_retry_exhausted: 'STRUCTURED_OUTPUT_INVALID',
  tool_deferred: 'TOOL_DEFERRED',
};

// The other values of `terminal_reason` that mean failure. A turn that a hook stopped
// (stop_hook_prevented, hook_stopped) did not fail.
const UNFINISHED = [
  'aborted_streaming',
  'aborted_tools',
  'image_error',
  'malformed_tool_use_exhausted',
  'model_error',
  'tool_deferred_unavailable',
  'turn_setup_failed',
];

const BY_STATUS: Record<number, ErrorCode> = {
  401: 'AUTHENTICATION',
  402: 'BILLING',
  403: 'PERMISSION',
  404: 'MODEL_NOT_FOUND',
  408: 'CONNECTION',
  413: 'PROMPT_TOO_LONG',
  429: 'RATE_LIMITED',
  529: 'OVERLOADED',
};

// The CLI's names for API errors. They are coarser than the HTTP status (403 is
// authentication_failed, 529 is server_error), so they decide only if there is no status.
// billing_error always decides, because it comes with 400.
const BY_API_ERROR: Record<string, ErrorCode> = {
  authentication_failed: 'AUTHENTICATION',
  cloud_credential_error: 'AUTHENTICATION',
  oauth_org_not_allowed: 'PERMISSION',
  account_on_hold: 'PERMISSION',
  verification_required: 'PERMISSION',
  billing_error: 'BILLING',
  rate_limit: 'RATE_LIMITED',
  overloaded: 'OVERLOADED',
  invalid_request: 'API_INVALID_REQUEST',
  model_not_found: 'MODEL_NOT_FOUND',
  max_output_tokens: 'MAX_OUTPUT_TOKENS',
};

/**
 * Returns why a result line is not a success, or null if the line is a success. `is_error` alone
 * does not decide, because it may be false for a turn that was deferred, stopped or refused
 * (docs/claude-cli.md, section 6). `apiError` is the CLI's name for an API error.
 */
export function judgeResult(result: Result, apiError?: string | null): Reason | null {
  return isFailure(result) ? classifyResult(result, apiError) : null;
}

/**
 * Returns the reason for a result line that is known not to be a success. `apiError` is as for
 * judgeResult.
 */
export function classifyResult(result: Result, apiError?: string | null): Reason {
  const code = codeOf(result, apiError ?? undefined);
  return { code, message: describe(result, code) };
}

function isFailure(result: Result): boolean {
  const ending = result.terminal_reason ?? '';
  if (result.is_error || isDeferred(result)) return true;
  if (find(BY_TERMINAL_REASON, ending) || UNFINISHED.includes(ending)) return true;
  // A refusal or an API error is a failure only if there is no answer. The CLI itself keeps an
  // answer that came before the error.
  return !hasAnswer(result) && (result.stop_reason === 'refusal' || ending === 'api_error');
}

function isDeferred({ deferred_tool_use, stop_reason, terminal_reason }: Result): boolean {
  const isSaid = deferred_tool_use !== undefined && deferred_tool_use !== null;
  return isSaid || stop_reason === 'tool_deferred' || terminal_reason === 'tool_deferred';
}

function hasAnswer({ result, structured_output, truncated }: Result): boolean {
  return (
    hasVisibleText(result ?? '') ||
    structured_output != null ||
    truncated?.includes('structured_output') === true
  );
}

/** Returns whether the CLI did not find the conversation that it should resume. */
export function isConversationNotFound({ errors }: Pick<Result, 'errors'>): boolean {
  return errors?.some((text) => text.startsWith('No conversation found')) ?? false;
}

function codeOf(result: Result, apiError: string | undefined): ErrorCode {
  const limit = find(BY_SUBTYPE, result.subtype);
  if (limit !== undefined) return limit;
  if (isConversationNotFound(result)) return 'CONVERSATION_NOT_FOUND';
  const ending = find(BY_TERMINAL_REASON, result.terminal_reason);
  if (ending !== undefined) return ending;
  if (isDeferred(result)) return 'TOOL_DEFERRED';
  if (result.stop_reason === 'refusal') return 'REFUSED';
  if (apiError === 'billing_error') return 'BILLING';
  const status = result.api_error_status;
  if (typeof status === 'number') return codeOfStatus(status);
  if (result.terminal_reason !== 'api_error') return 'EXECUTION_ERROR';
  return find(BY_API_ERROR, apiError) ?? 'CONNECTION';
}

function codeOfStatus(status: number): ErrorCode {
  return BY_STATUS[status] ?? (status >= 500 ? 'SERVER_ERROR' : 'API_INVALID_REQUEST');
}

// The text comes from the CLI, so it may be the name of a property that every object inherits.
function find(
  table: Record<string, ErrorCode>,
  text: string | null | undefined,
): ErrorCode | undefined {
  return text != null && Object.hasOwn(table, text) ? table[text] : undefined;
}

function describe(result: Result, code: ErrorCode): string {
  const reported = [result.errors?.join('; '), result.result, result.error].find((text) =>
    hasVisibleText(text ?? ''),
  );
  if (reported !== undefined) return reported;
  if (result.subtype !== 'success') return `the claude CLI ended with ${result.subtype}`;
  return code === 'EXECUTION_ERROR' && result.terminal_reason
    ? `the claude CLI ended its turn with ${result.terminal_reason}`
    : codeFacts(code).description;
}
