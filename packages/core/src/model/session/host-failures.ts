import { z } from 'zod';
import { errorCodeSchema } from '../errors/error-codes.ts';
import type { FailureFacts } from './outcome.ts';

/** One attempt that the host of its worker kept from starting. */
export const hostFailureSchema = z.object({
  worker_id: z.string(),
  at: z.date(),
  code: errorCodeSchema,
  message: z.string(),
  proved: z.boolean().describe('Whether the probe of the host had passed just before the attempt.'),
});

/** One attempt that the host of its worker kept from starting. */
export type HostFailure = z.infer<typeof hostFailureSchema>;

/** So many workers whose probe had passed just before, or so many failures on one: then the session fails. */
const LIMIT = 3;

/** How many failures a session remembers; the limits above need fewer. */
const FAILURES_KEPT = 20;

/** The failures of a session with one more, bounded. */
export function addHostFailure(
  failures: readonly HostFailure[],
  failure: HostFailure,
): HostFailure[] {
  return [...failures, failure].slice(-FAILURES_KEPT);
}

/**
 * Why a session whose attempts were kept from starting is not tried again, or null where it is. A worker
 * probes its host before it takes such a session again, so only the first failure on each may be unproved:
 * a session that fails on hosts that are well makes them sick itself (it fills the disk, for example).
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
  const message = `${last.message}; the session was kept from starting ${failures.length} times, by hosts whose probe had passed`;
  return { code: last.code, message, retryable: false };
}
