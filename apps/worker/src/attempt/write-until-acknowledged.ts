import { setTimeout as delay } from 'node:timers/promises';
import { isAppError, isMongoAway } from '@baton/core/internal';

/** The first and the longest pause between two tries, in milliseconds. */
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 2_000;

// The limit counts only tries that MongoDB answered with a refusal. MongoDB would refuse the same
// write again.
const MAX_REFUSALS = 30;

/** How a write is repeated. */
export interface WriteOptions {
  /** Ends the tries when it is aborted. */
  giveUp: AbortSignal;
  /** Called with the error of each failed try. */
  onError(error: unknown): void;
}

/**
 * Repeats a write until MongoDB acknowledges it, so the write must be safe to repeat. Resolves to
 * null if the caller must stop writing. The caller must stop if a newer fence holds the session
 * (the write resolved to null or threw FENCE_LOST), if `giveUp` was aborted, or if MongoDB has
 * refused the write for about a minute.
 */
export async function writeUntilAcknowledged<T>(
  write: () => Promise<T | null>,
  { giveUp, onError }: WriteOptions,
): Promise<T | null> {
  let refusals = 0;
  for (let pause = FIRST_PAUSE_MS; !giveUp.aborted; pause = Math.min(pause * 2, MAX_PAUSE_MS)) {
    try {
      return await write();
    } catch (error) {
      if (isAppError(error) && error.code === 'FENCE_LOST') return null;
      onError(error);
      refusals = isMongoAway(error) ? 0 : refusals + 1;
      if (refusals >= MAX_REFUSALS) return null;
      // If the caller gives up, the pause ends early and the loop ends.
      await delay(pause, undefined, { signal: giveUp }).catch(() => {});
    }
  }
  return null;
}
