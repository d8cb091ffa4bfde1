import { AppError } from '../model/errors/app-error.ts';
import type { StatusChange } from '../model/session/live.ts';
import type { LiveHub } from '../queue/live-hub.ts';
import { createWakeup } from '../runtime/wakeup.ts';

/** How many changes may wait for one reader. Only the latest change of each session waits. */
const MAX_WAITING = 10_000;

/** How many changes one item holds. */
const BATCH = 100;

// The longest wait for a change, in milliseconds. After this time, the stream notices an aborted
// reader even if a wakeup was missed.
const MAX_WAIT_MS = 60_000;

/**
 * An item of the stream. `live`: changes are sent from now on. Changes before that, or during an
 * outage, are not sent.
 */
export type StatusItem = { kind: 'live' } | { kind: 'changes'; changes: StatusChange[] };

/**
 * Yields the status changes of all sessions from now on, or of the sessions with a tag. A slow
 * reader gets only the latest change of each session. Throws LIMIT_EXCEEDED if the changes of too
 * many sessions wait for the reader.
 */
export async function* statusChanges(
  live: Pick<LiveHub, 'listenToStatuses'>,
  { tag, signal }: { tag?: string | undefined; signal: AbortSignal },
): AsyncGenerator<StatusItem> {
  const wakeup = createWakeup();
  const waiting = new Map<string, StatusChange>();
  let isNew = false;
  const stopListening = live.listenToStatuses({
    connected() {
      isNew = true;
      wakeup.signal();
    },
    onMessage(message) {
      if (message.kind !== 'news') return;
      const { kind: _kind, ...change } = message;
      if (tag !== undefined && !change.tags?.includes(tag)) return;
      // The earlier change is deleted first, so that the map keeps the order of the latest changes.
      waiting.delete(change.id);
      if (waiting.size <= MAX_WAITING) waiting.set(change.id, change);
      wakeup.signal();
    },
  });
  signal.addEventListener('abort', wakeup.signal, { once: true });
  try {
    while (!signal.aborted) {
      if (waiting.size > MAX_WAITING) {
        throw new AppError(
          'LIMIT_EXCEEDED',
          `this reader is too slow: more than ${MAX_WAITING} changes wait for it; connect again`,
        );
      }
      if (isNew) {
        isNew = false;
        yield { kind: 'live' };
      } else if (waiting.size > 0) {
        const changes = [...waiting.values()].slice(0, BATCH);
        for (const { id } of changes) waiting.delete(id);
        yield { kind: 'changes', changes };
      } else await wakeup.wait(MAX_WAIT_MS);
    }
  } finally {
    signal.removeEventListener('abort', wakeup.signal);
    stopListening();
  }
}
