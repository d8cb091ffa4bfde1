import { setTimeout as pause } from 'node:timers/promises';
import { ensureIndexes, isMongoAway, type Logger, type Mongo } from '@baton/core/internal';

/**
 * How long Baton waits after a failure before it tries again to create the indexes, in
 * milliseconds.
 */
const AGAIN_AFTER_MS = 1_000;

/**
 * Creates the indexes. While MongoDB does not answer, tries again until `signal` is aborted. Any
 * other failure is only logged, because queries work without indexes, but slower. The promise never
 * rejects.
 */
export async function createIndexes(
  db: Mongo['db'],
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await ensureIndexes(db);
      return;
    } catch (error) {
      if (signal.aborted) return;
      if (!isMongoAway(error)) {
        log.error({ err: error }, 'could not create the indexes; queries work, but are slower');
        return;
      }
      log.warn({ err: error }, 'MongoDB does not answer; trying again to create the indexes');
      await pause(AGAIN_AFTER_MS, undefined, { signal }).catch(() => {});
    }
  }
}
