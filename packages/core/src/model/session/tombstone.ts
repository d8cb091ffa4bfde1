import type { Session } from './session.ts';

/** What a deleted session spent, without anything about its content. */
export type Spent = Pick<Session, 'totals' | 'end_time' | 'model' | 'tags' | 'api_key_id'>;

/**
 * What remains of a deleted session. The tombstone of a conversation's root shows the progress of the deletion: `asked`
 * (nothing is deleted yet), `deleting` (the deletion is final), `gone`. Other tombstones are `buried`, then `gone`.
 */
export interface Tombstone {
  id: string;
  root_session_id: string;
  state: 'asked' | 'deleting' | 'buried' | 'gone';
  /**
   * The time at which the deletion began, or at which the session was created, whichever is later.
   * A session with this id that was created after this time is a new session.
   */
  at: Date;
  /** The `seq` of its last event; 0 while it is unknown. */
  last_event_seq: number;
  /** All events up to this `seq` are already deleted. */
  removed_to?: number;
  gone_at?: Date;
  /** When Baton looks again for data that a stale process may have written. */
  sweep_at?: Date;
}

/**
 * How long a tombstone stays after its session's data is gone, in milliseconds. Redis keeps no
 * ended job that long.
 */
export const TOMBSTONE_RETENTION_MS = 30 * 24 * 3600 * 1000;

/**
 * Returns whether a session or job that was created at `createdAt` belongs to the deleted session, not to a later
 * session with the same id. Returns true if the time is invalid.
 */
export function tombstoneCovers(tombstone: Pick<Tombstone, 'at'>, createdAt: Date): boolean {
  return !(createdAt > tombstone.at);
}
