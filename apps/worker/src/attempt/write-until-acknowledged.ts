import { setTimeout as delay } from 'node:timers/promises';
import { isAppError, isMongoAway } from '@baton/core/internal';

/** The pauses between tries while MongoDB is away, in milliseconds. */
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 2_000;

// Away, MongoDB is waited for; a write that it refuses for another reason would be refused for ever.
const MAX_REFUSALS = 30;

/** What ends the tries other than success, and what is called with each failure. */
export interface WriteOptions {
  giveUp: AbortSignal;
  onError(error: unknown): void;
}

/**
 * Repeats a write until MongoDB acknowledges it. Resolves to null where the caller must stop writing: a newer fence
 * holds the session (the write resolved to null or threw FENCE_LOST), `giveUp` was aborted, or MongoDB, being there,
 * has refused the write for about a minute.
 * Every write that it is used for may be repeated safely.
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
      // The pause ends early where the caller gives up; the loop's head then sees it.
      await delay(pause, undefined, { signal: giveUp }).catch(() => {});
    }
  }
  return null;
}
