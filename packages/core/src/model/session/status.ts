import { z } from 'zod';

/** Every status of a session: the seed's four statuses, `queued` and `cancelled`. */
export const SESSION_STATUSES = [
  'queued',
  'starting',
  'running',
  'completed',
  'failed',
  'cancelled',
] as const;

/** Schema of a session's status, from accepted to final. */
export const sessionStatusSchema = z.enum(SESSION_STATUSES);

/** One of `SESSION_STATUSES`. */
export type SessionStatus = z.infer<typeof sessionStatusSchema>;

// A session returns from starting or running to `starting` only if its lease has expired (store/claim.ts).
const LEGAL_TRANSITIONS: Record<SessionStatus, readonly SessionStatus[]> = {
  queued: ['starting', 'failed', 'cancelled'],
  starting: ['running', 'completed', 'failed', 'cancelled', 'queued', 'starting'],
  running: ['completed', 'failed', 'cancelled', 'queued', 'starting'],
  completed: [],
  failed: [],
  cancelled: [],
};

/** Returns whether a session may change from one status to another. */
export function canTransition(from: SessionStatus, to: SessionStatus): boolean {
  return LEGAL_TRANSITIONS[from].includes(to);
}

/**
 * Returns the statuses from which a session may change to `to`. The write that ends a session
 * filters on these statuses.
 */
export function statusesBefore(to: SessionStatus): SessionStatus[] {
  return SESSION_STATUSES.filter((from) => canTransition(from, to));
}

/** Returns whether a status is final. A final status never changes again. */
export function isTerminal(status: SessionStatus): boolean {
  return LEGAL_TRANSITIONS[status].length === 0;
}

/** The statuses of a session that has not ended. */
export const LIVE_STATUSES: readonly SessionStatus[] = SESSION_STATUSES.filter(
  (status) => !isTerminal(status),
);
