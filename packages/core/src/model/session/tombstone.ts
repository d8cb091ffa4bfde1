import type { Session } from './session.ts';

/** What a deleted session had spent: no word of what it was about. */
export type Spent = Pick<Session, 'totals' | 'end_time' | 'model' | 'tags' | 'api_key_id'>;

/**
 * What is left of a deleted session. That of a conversation's root says how far the deletion is: `asked`
 * (nothing is gone yet), `deleting` (there is no way back), `gone`. The others are `buried`, then `gone`.
 */
export interface Tombstone {
  id: string;
  root_session_id: string;
  state: 'asked' | 'deleting' | 'buried' | 'gone';
  /** When the deletion began, never before the session was made: what is as old, is what was deleted. */
  at: Date;
  /** Its events had reached this seq; 0 while that is not known. */
  last_event_seq: number;
  /** Its events up to here were removed already, by who goes over them now. */
  removed_to?: number;
  gone_at?: Date;
  /** When it is looked again for what a stale process may have written since. */
  sweep_at?: Date;
}

/** How long a tombstone is kept once all is gone, in milliseconds: longer than Redis keeps any job. */
export const TOMBSTONE_RETENTION_MS = 30 * 24 * 3600 * 1000;

/**
 * Says whether something made at this time is what the tombstone stands for, and not a later one of the
 * same id. What has no time is.
 */
export function tombstoneCovers(tombstone: Pick<Tombstone, 'at'>, createdAt: Date): boolean {
  return !(createdAt > tombstone.at);
}
