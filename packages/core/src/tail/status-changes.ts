import { AppError } from '../model/errors/app-error.ts';
import type { StatusChange } from '../model/session/live.ts';
import type { LiveHub } from '../queue/live-hub.ts';
import { createWakeup } from '../runtime/wakeup.ts';

/** The most sessions whose change waits for one reader: the latest of each. */
const MAX_WAITING = 10_000;

/** How many changes are handed over at a time. */
const BATCH = 100;

// Only a safety net: an aborted reader is noticed even if a wakeup was missed.
const MAX_WAIT_MS = 60_000;

/** `live`: changes are sent from here on; changes before it, or during an outage, are not. */
export type StatusItem = { kind: 'live' } | { kind: 'changes'; changes: StatusChange[] };

/**
 * The changes of status of all sessions from now on, or of those with a tag. For a slow reader the
 * latest change of a session stands for those before it; one with too many sessions waiting for it is
 * dropped by LIMIT_EXCEEDED.
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
      // In the order of the latest changes.
      waiting.delete(change.id);
      if (waiting.size <= MAX_WAITING) waiting.set(change.id, change);
      wakeup.signal();
    },
  });
  signal.addEventListener('abort', wakeup.signal, { once: true });
  try {
    while (!signal.aborted) {
      if (waiting.size > MAX_WAITING) {
        throw new AppError('LIMIT_EXCEEDED', `more than ${MAX_WAITING} changes wait to be read`);
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
