import { createEventReader } from './event-reader.ts';
import {
  isTold,
  type Look,
  runTail,
  type TailDeps,
  type TailItem,
  type TailOf,
} from './tail-loop.ts';

/**
 * The events of one session above `after`, those there are and those to come, each once and in order;
 * ends once the session has ended and all was told. An event's id is its `seq`.
 */
export function tailSession(
  deps: TailDeps,
  of: TailOf,
  { after, signal }: { after: number; signal: AbortSignal },
): AsyncGenerator<TailItem> {
  const reader = createEventReader(deps.events);
  let told = after;

  async function look(): Promise<Look> {
    const head = await deps.heads.get(of.id);
    const { status = 'deleted', last_event_seq = 0 } = head ?? {};
    return {
      async more() {
        const events = await reader.read(of.id, told, last_event_seq);
        told = events.at(-1)?.seq ?? Math.max(told, last_event_seq);
        if (events.length === 0) return null;
        return {
          kind: 'events',
          events: events.map((event) => ({ id: String(event.seq), event })),
        };
      },
      get end(): TailItem | null {
        if (head && !isTold(head, told)) return null;
        return { kind: 'end', session_id: of.id, status, last_event_seq };
      },
      isNews: (news) => news.id === of.id && (news.last_event_seq > told || news.status !== status),
      isAtHead: (id) => id === of.id && told >= last_event_seq,
    };
  }

  return runTail(deps, of, look, signal);
}
