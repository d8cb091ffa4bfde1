import { createEventReader } from './event-reader.ts';
import {
  isReadToEnd,
  runTail,
  type Snapshot,
  type TailDeps,
  type TailItem,
  type TailOf,
} from './tail-loop.ts';

/**
 * Yields the events of one session above `after`: first the stored events, then new ones. Each
 * event comes once and in order. Ends once the session has ended and all events were sent. An
 * event's id is its `seq`.
 */
export function tailSession(
  deps: TailDeps,
  of: TailOf,
  { after, signal }: { after: number; signal: AbortSignal },
): AsyncGenerator<TailItem> {
  const reader = createEventReader(deps.events);
  let sent = after;
  let madeAt = of.created_at?.getTime();

  async function takeSnapshot(): Promise<Snapshot> {
    const found = await deps.heads.get(of.id);
    madeAt ??= found?.created_at.getTime();
    // If the session was deleted and another session was created under its id, this reader gets the
    // status `deleted`.
    const head = found?.created_at.getTime() === madeAt ? found : null;
    const { status = 'deleted', last_event_seq = 0 } = head ?? {};
    // A message is published after its events are committed, so this tail can read the events
    // without another snapshot.
    let last = last_event_seq;
    return {
      async more() {
        const events = await reader.read(of.id, sent, last);
        sent = events.at(-1)?.seq ?? Math.max(sent, last_event_seq);
        if (events.length === 0) return null;
        return {
          kind: 'events',
          events: events.map((event) => ({ id: String(event.seq), event })),
        };
      },
      get end(): TailItem | null {
        if (head && !isReadToEnd(head, sent)) return null;
        return { kind: 'end', session_id: of.id, status, last_event_seq };
      },
      onChange(change) {
        if (change.id !== of.id) return 'nothing';
        last = Math.max(last, change.last_event_seq);
        if (change.status !== status) return 'stale';
        return last > sent ? 'more' : 'nothing';
      },
      isAtHead: (id) => id === of.id && sent >= last,
    };
  }

  return runTail(deps, of, takeSnapshot, signal);
}
