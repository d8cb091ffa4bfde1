import { createEventReader } from './event-reader.ts';
import {
  isReadToEnd,
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
  let madeAt = of.created_at?.getTime();

  async function look(): Promise<Look> {
    const found = await deps.heads.get(of.id);
    madeAt ??= found?.created_at.getTime();
    // A session that was made again under the same id is another one: this reader sees a deletion.
    const head = found?.created_at.getTime() === madeAt ? found : null;
    const { status = 'deleted', last_event_seq = 0 } = head ?? {};
    // A word is said once what it tells of is committed: events up to there are read without another look.
    let last = last_event_seq;
    return {
      async more() {
        const events = await reader.read(of.id, told, last);
        told = events.at(-1)?.seq ?? Math.max(told, last_event_seq);
        if (events.length === 0) return null;
        return {
          kind: 'events',
          events: events.map((event) => ({ id: String(event.seq), event })),
        };
      },
      get end(): TailItem | null {
        if (head && !isReadToEnd(head, told)) return null;
        return { kind: 'end', session_id: of.id, status, last_event_seq };
      },
      hear(news) {
        if (news.id !== of.id) return 'nothing';
        last = Math.max(last, news.last_event_seq);
        if (news.status !== status) return 'look';
        return last > told ? 'more' : 'nothing';
      },
      isAtHead: (id) => id === of.id && told >= last,
    };
  }

  return runTail(deps, of, look, signal);
}
