import type { BulkLaunch } from './api-types.ts';
import { BatonError, type ErrorDetails, isBatonError } from './baton-error.ts';
import type { Caller } from './call.ts';
import { openDeadline, pause } from './deadline.ts';
import { newKey } from './idempotency-key.ts';
import type { LaunchAnswer } from './launch-answer.ts';
import type { CallOptions } from './options.ts';
import { retryDelayMs } from './retry.ts';

/**
 * The result of one launch. Repeating the launch with its `idempotency_key` returns the same
 * session.
 */
export type LaunchVerdict =
  | { session: LaunchAnswer; idempotency_key: string }
  | { error: BatonError; idempotency_key: string };

// The server may take one minute for 1,000 launches (HANDLER_TIMEOUT_MS of its bulk route).
const ATTEMPT_MS = 75_000;

interface PendingLaunch {
  launch: BulkLaunch & { idempotency_key: string };
  attempts: number;
  /**
   * The time at which to send the launch again, on the clock of `performance.now`; null if its
   * verdict is final.
   */
  at: number | null;
  verdict: { session: LaunchAnswer } | { error: BatonError };
}

/**
 * Launches up to 1,000 sessions in one request. Returns one verdict per launch, in the same order.
 * If the server refused some launches only temporarily, the client sends these launches again, by
 * the same rules as a failed call. Throws if the first request fails.
 */
export async function launchMany(
  call: Caller,
  launches: readonly BulkLaunch[],
  { timeoutMs = 2 * ATTEMPT_MS, signal, retries }: CallOptions & { retries: number },
): Promise<LaunchVerdict[]> {
  const deadline = openDeadline(timeoutMs, signal);
  const noVerdict = {
    error: new BatonError('BAD_ANSWER', 'the answer has no verdict for this launch'),
  };
  const all = launches.map((launch): PendingLaunch => {
    const idempotency_key = launch.idempotency_key ?? newKey();
    return { launch: { ...launch, idempotency_key }, attempts: 0, at: 0, verdict: noVerdict };
  });

  async function sendLaunches(due: readonly PendingLaunch[]): Promise<void> {
    const sessions = due.map(({ launch }) => launch);
    const answer = await call(
      {
        method: 'POST',
        path: 'v1/sessions/bulk',
        body: { sessions },
        isRepeatable: true,
        attemptMs: ATTEMPT_MS,
      },
      { timeoutMs: Math.ceil(deadline.leftMs()), signal },
    );
    const { results } = answer.body as { results: Received[] };
    // All launches use the same random number, so launches with the same delay are sent again in
    // one request.
    const [random, now] = [Math.random(), performance.now()];
    for (const [index, one] of due.entries()) {
      const received = results[index];
      one.attempts += 1;
      one.at = null;
      if (!received) continue;
      if ('session' in received) {
        one.verdict = { session: received.session };
        continue;
      }
      const error = errorOf(received, one.attempts);
      one.verdict = { error };
      const tried = { isRepeatable: true, attempts: one.attempts, random };
      const delayMs = one.attempts > retries ? null : retryDelayMs(error, tried);
      if (delayMs !== null && delayMs < deadline.leftMs()) one.at = now + delayMs;
    }
  }

  try {
    await sendLaunches(all);
    for (let next = earliest(all); next !== null; next = earliest(all)) {
      const now = next;
      const due = all.filter(({ at }) => at !== null && at <= now);
      try {
        await pause(now - performance.now(), deadline.signal);
        await sendLaunches(due);
      } catch (error) {
        if (signal?.aborted || !isBatonError(error)) throw error;
        // The other launches already have their verdicts, so the error is stored only for the
        // launches of this request. `call` has already retried the request.
        for (const one of due) {
          one.at = null;
          one.verdict = { error };
        }
      }
    }
    return all.map(({ verdict, launch: { idempotency_key } }) => ({ ...verdict, idempotency_key }));
  } finally {
    deadline.close();
  }
}

function earliest(all: readonly PendingLaunch[]): number | null {
  const times = all.flatMap(({ at }) => at ?? []);
  return times.length > 0 ? Math.min(...times) : null;
}

type Received =
  | { session: LaunchAnswer }
  | {
      status: number;
      error: { code: BatonError['code']; message: string; details?: ErrorDetails };
    };

// A verdict has no Retry-After header, so its details say when to send the launch again.
function errorOf(
  { status, error }: Exclude<Received, { session: LaunchAnswer }>,
  attempts: number,
): BatonError {
  const { code, message, details } = error;
  const seconds = Number(details?.['retry_after_s']);
  const retryAfterMs = seconds > 0 ? seconds * 1000 : undefined;
  return new BatonError(code, message, { status, details, attempts, retryAfterMs });
}
