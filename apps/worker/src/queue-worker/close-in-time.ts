import { withDeadline } from '@baton/core/internal';
import type { QueueWorker } from './open-queue-worker.ts';

/** How long aborted jobs may take to end, in milliseconds. */
const ABORT_MS = 1_500;

/**
 * Closes a queue worker in bounded time. Jobs under way have `finishMs` milliseconds to finish, then
 * `abort` ends them. A job that still runs after that stays locked, and BullMQ gives it to another
 * worker as stalled.
 */
export async function closeInTime(
  { bull }: Pick<QueueWorker, 'bull'>,
  { finishMs, abort }: { finishMs: number; abort?: () => void },
): Promise<void> {
  const closed = bull.close();
  try {
    await withDeadline(finishMs, () => closed).catch((error: unknown) => {
      if (!abort) throw error;
      abort();
      return withDeadline(ABORT_MS, () => closed);
    });
  } catch {
    await bull.close(true);
  }
}
