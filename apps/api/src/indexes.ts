import { setTimeout as pause } from 'node:timers/promises';
import { ensureIndexes, isMongoAway, type Logger, type Mongo } from '@baton/core/internal';

/** How long after a failure the indexes are asked for again, in milliseconds. */
const AGAIN_AFTER_MS = 1_000;

/**
 * Makes the indexes as soon as MongoDB answers, however late that is. Any other failure is logged and
 * left: queries work without indexes, only slower. Never rejects.
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
        log.error({ err: error }, 'the indexes could not be made');
        return;
      }
      log.warn({ err: error }, 'MongoDB does not answer yet; the indexes wait');
      await pause(AGAIN_AFTER_MS, undefined, { signal }).catch(() => {});
    }
  }
}
