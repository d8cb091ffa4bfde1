import { setTimeout as delay } from 'node:timers/promises';
import { isAppError } from '@baton/core';

/** The pauses between tries while MongoDB is away, in milliseconds. */
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 2_000;

/** How the tries end other than by success, and who is told of each failure. */
export interface TakenOptions {
  giveUp: AbortSignal;
  onError(error: unknown): void;
}

/**
 * Tries a write until the store took it. Resolves to null once the fence is lost (by the write's own
 * null or by FENCE_LOST) or the caller gave up. Every write it is used for is safe to say twice.
 */
export async function untilTaken<T>(
  write: () => Promise<T | null>,
  { giveUp, onError }: TakenOptions,
): Promise<T | null> {
  for (let pause = FIRST_PAUSE_MS; !giveUp.aborted; pause = Math.min(pause * 2, MAX_PAUSE_MS)) {
    try {
      return await write();
    } catch (error) {
      if (isAppError(error) && error.code === 'FENCE_LOST') return null;
      onError(error);
      // The pause ends early where the caller gives up; the loop's head then sees it.
      await delay(pause, undefined, { signal: giveUp }).catch(() => {});
    }
  }
  return null;
}
