import type { CancelSelection, SessionStatus } from './api-types.ts';
import { BatonError, type ErrorDetails } from './baton-error.ts';
import type { Caller } from './call.ts';
import type { CallOptions } from './options.ts';

/** The verdict on one session: its status after the request, or why it was not cancelled. */
export type CancelVerdict =
  | { id: string; status: SessionStatus }
  | { id: string; error: BatonError };

/** The verdicts of one request. `has_more` says that the tag has more sessions to cancel. */
export interface CancelledSessions {
  results: CancelVerdict[];
  has_more: boolean;
}

type Received =
  | { id: string; status: SessionStatus }
  | {
      id: string;
      error: { code: BatonError['code']; message: string; details?: ErrorDetails };
    };

// The server may take one minute for 1,000 sessions (HANDLER_TIMEOUT_MS of its bulk routes).
const ATTEMPT_MS = 75_000;

/**
 * Cancels up to 1,000 sessions in one request. If the first answer was lost, the sessions that it
 * cancelled count as cancelled. Throws if the whole request fails.
 */
export async function cancelMany(
  call: Caller,
  selection: CancelSelection,
  { timeoutMs = 2 * ATTEMPT_MS, signal }: CallOptions = {},
): Promise<CancelledSessions> {
  const { body, attempts } = await call(
    {
      method: 'POST',
      path: 'v1/sessions/cancel',
      body: selection,
      isRepeatable: true,
      attemptMs: ATTEMPT_MS,
    },
    { timeoutMs, signal },
  );
  const { results, has_more } = body as { results: Received[]; has_more: boolean };
  return { results: results.map((one) => toVerdict(one, attempts)), has_more };
}

function toVerdict(one: Received, attempts: number): CancelVerdict {
  if ('status' in one) return one;
  const { code, message, details } = one.error;
  const isCancelled = code === 'SESSION_TERMINAL' && details?.['status'] === 'cancelled';
  if (isCancelled && attempts > 1) return { id: one.id, status: 'cancelled' };
  return { id: one.id, error: new BatonError(code, message, { details, attempts }) };
}
