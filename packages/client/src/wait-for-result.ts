import { BatonError } from './baton-error.ts';
import { openDeadline } from './deadline.ts';
import type { CallOptions, Settings } from './options.ts';
import { sessionEvents } from './session-events.ts';

// Higher than the seq of any event, so the stream sends only its `end` message.
const AFTER_ALL = 2 ** 31 - 1;

/**
 * Resolves when the session has ended. Throws TIMED_OUT if the session has not ended after
 * `timeoutMs` milliseconds.
 */
export async function waitForEnd(
  settings: Settings,
  id: string,
  { signal, timeoutMs = Number.POSITIVE_INFINITY }: CallOptions,
): Promise<void> {
  const deadline = openDeadline(timeoutMs, signal);
  try {
    const events = sessionEvents(settings, id, { after: AFTER_ALL, signal: deadline.signal });
    for await (const one of events) if (one.kind === 'end') return;
    throw new BatonError('BAD_ANSWER', `the stream of session ${id} ended without its \`end\``);
  } finally {
    deadline.close();
  }
}
