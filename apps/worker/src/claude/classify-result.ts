import { codeFacts, type ErrorCode, type Result } from '@baton/core';
import type { Reason } from './make-failure.ts';

const BY_SUBTYPE: Record<string, ErrorCode> = {
  error_max_turns: 'MAX_TURNS',
  error_max_budget_usd: 'BUDGET_EXCEEDED',
};

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

// The CLI's own words for a refusal. They are coarser than a status (403 is authentication_failed,
// 529 is server_error), so they decide only where there is none; but for billing, which comes with 400.
const BY_API_ERROR: Record<string, ErrorCode> = {
  authentication_failed: 'AUTHENTICATION',
  oauth_org_not_allowed: 'PERMISSION',
  billing_error: 'BILLING',
  rate_limit: 'RATE_LIMITED',
  overloaded: 'OVERLOADED',
  invalid_request: 'API_INVALID_REQUEST',
  model_not_found: 'MODEL_NOT_FOUND',
};

/** Why a result line with `is_error: true` is one; `apiError` is the CLI's word for a refusal of the API. */
export function classifyResult(result: Result, apiError?: string | null): Reason {
  const code = codeOf(result, apiError ?? undefined);
  return { code, message: describe(result, code) };
}

function codeOf(result: Result, apiError: string | undefined): ErrorCode {
  const limit = BY_SUBTYPE[result.subtype];
  if (limit !== undefined) return limit;
  if (result.errors?.some((text) => text.startsWith('No conversation found'))) {
    return 'CONVERSATION_NOT_FOUND';
  }
  if (result.terminal_reason === 'prompt_too_long') return 'PROMPT_TOO_LONG';
  if (apiError === 'billing_error') return 'BILLING';
  const status = result.api_error_status;
  if (typeof status === 'number') return codeOfStatus(status);
  if (result.terminal_reason !== 'api_error') return 'EXECUTION_ERROR';
  return BY_API_ERROR[apiError ?? ''] ?? 'CONNECTION';
}

function codeOfStatus(status: number): ErrorCode {
  return BY_STATUS[status] ?? (status >= 500 ? 'SERVER_ERROR' : 'API_INVALID_REQUEST');
}

function describe(result: Result, code: ErrorCode): string {
  const said = [result.errors?.join('; '), result.result, result.error].find((text) =>
    text?.trim(),
  );
  if (said !== undefined) return said;
  return result.subtype === 'success'
    ? codeFacts(code).says
    : `the claude CLI ended with ${result.subtype}`;
}
