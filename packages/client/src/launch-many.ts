import type { BulkLaunch, Info } from './api-types.ts';
import { BatonError, type ErrorDetails } from './baton-error.ts';
import type { Caller } from './call.ts';
import { newKey } from './idempotency-key.ts';
import type { CallOptions } from './options.ts';

/** What became of one launch of many. Asked again with its key, it is the same session. */
export type LaunchVerdict =
  | { session: Info; idempotency_key: string }
  | { error: BatonError; idempotency_key: string };

// The server gives itself a minute for a thousand.
const ATTEMPT_MS = 75_000;

/** Launches up to 1,000 sessions in one request, each with its own verdict, in their order. */
export async function launchMany(
  call: Caller,
  launches: readonly BulkLaunch[],
  { timeoutMs = 2 * ATTEMPT_MS, signal }: CallOptions = {},
): Promise<LaunchVerdict[]> {
  const sessions = launches.map((one) => ({
    ...one,
    idempotency_key: one.idempotency_key ?? newKey(),
  }));
  const answer = await call(
    {
      ...{ method: 'POST', path: 'v1/sessions/bulk', body: { sessions } },
      ...{ isRepeatable: true, attemptMs: ATTEMPT_MS },
    },
    { timeoutMs, signal },
  );
  const { results } = answer.body as { results: Told[] };
  return results.map((told, index) => {
    const idempotency_key = sessions[index]?.idempotency_key ?? '';
    if ('session' in told) return { session: told.session, idempotency_key };
    const { code, message, details } = told.error;
    const facts = { status: told.status, details, attempts: 1 };
    return { error: new BatonError(code, message, facts), idempotency_key };
  });
}

type Told =
  | { session: Info }
  | {
      status: number;
      error: { code: BatonError['code']; message: string; details?: ErrorDetails };
    };
