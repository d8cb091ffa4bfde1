import { z } from 'zod';
import { errorCodeSchema } from '../errors/error-codes.ts';
import type { FailureFacts } from './outcome.ts';

/** Schema of one attempt that the worker's host kept from starting. */
export const hostFailureSchema = z.object({
  worker_id: z.string(),
  at: z.date(),
  code: errorCodeSchema,
  message: z.string(),
  proved: z.boolean().describe("Whether the host's probe had passed just before the attempt."),
});

/** One attempt that the worker's host kept from starting. */
export type HostFailure = z.infer<typeof hostFailureSchema>;

/**
 * A session fails after host failures on this many workers whose probe had passed, or after this
 * many host failures on one worker.
 */
const LIMIT = 3;

/** How many host failures a session document keeps: more than a verdict needs. */
const FAILURES_KEPT = 20;

/** Returns the list with a failure added at its end, without the oldest failures if the list is too long. */
export function addHostFailure(
  failures: readonly HostFailure[],
  failure: HostFailure,
): HostFailure[] {
  return [...failures, failure].slice(-FAILURES_KEPT);
}

/**
 * Returns the failure of a session with these host failures, or null if Baton tries the session
 * again. A worker probes its host before it takes such a session again, so only the first failure
 * on each worker may come without a passed probe. A session that fails on healthy hosts is itself
 * the cause, for example because it fills the disk.
 */
export function hostVerdict(failures: readonly HostFailure[]): FailureFacts | null {
  const last = failures.at(-1);
  if (!last) return null;
  const proved = failures.filter((failure) => failure.proved);
  const workers = new Set(proved.map(({ worker_id }) => worker_id));
  const onLast = failures.filter(({ worker_id }) => worker_id === last.worker_id);
  const provedOnLast = onLast.filter((failure) => failure.proved);
  const isFinal =
    workers.size >= LIMIT || (onLast.length >= LIMIT && provedOnLast.length >= LIMIT - 1);
  if (!isFinal) return null;
  const message = `${last.message}; hosts whose probe had passed kept the session from starting ${failures.length} times`;
  return { code: last.code, message, retryable: false };
}
