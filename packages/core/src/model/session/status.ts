import { z } from 'zod';

/** Every status of a session: the seed's four plus `queued` and `cancelled`. */
export const SESSION_STATUSES = [
  'queued',
  'starting',
  'running',
  'completed',
  'failed',
  'cancelled',
] as const;

/** A session's status, from accepted to final. */
export const sessionStatusSchema = z.enum(SESSION_STATUSES);

/** One of `SESSION_STATUSES`. */
export type SessionStatus = z.infer<typeof sessionStatusSchema>;

// `starting` is reached again from starting and running only when the lease has expired (claim in session-store).
const LEGAL_TRANSITIONS: Record<SessionStatus, readonly SessionStatus[]> = {
  queued: ['starting', 'failed', 'cancelled'],
  starting: ['running', 'completed', 'failed', 'cancelled', 'queued', 'starting'],
  running: ['completed', 'failed', 'cancelled', 'queued', 'starting'],
  completed: [],
  failed: [],
  cancelled: [],
};

/** Says whether a session may move from one status to another. */
export function canTransition(from: SessionStatus, to: SessionStatus): boolean {
  return LEGAL_TRANSITIONS[from].includes(to);
}

/** The statuses from which a session may move to `to`; every guarded write filters on them. */
export function statusesBefore(to: SessionStatus): SessionStatus[] {
  return SESSION_STATUSES.filter((from) => canTransition(from, to));
}

/** Says whether the status is final: a document that has it never changes again. */
export function isTerminal(status: SessionStatus): boolean {
  return LEGAL_TRANSITIONS[status].length === 0;
}
