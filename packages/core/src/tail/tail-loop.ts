import type { Event } from '../model/session/event.ts';
import type { SessionNews } from '../model/session/live.ts';
import { isTerminal, type SessionStatus } from '../model/session/status.ts';
import type { LiveHub } from '../queue/live-hub.ts';
import { createWakeup, type Wakeup } from '../runtime/wakeup.ts';
import type { EventStore } from '../store/event-store.ts';
import type { SessionHead, SessionHeads } from '../store/session-heads.ts';
import { isMongoAway } from '../store/unavailable.ts';
import { createPartialBuffer, type PartialLine } from './partial-buffer.ts';

/** An event on its way to a reader, with the id by which the reader resumes after it. */
export interface TailEvent {
  id: string;
  event: Event;
}

/** What a reader of a tail is told. `deleted`: there is no such session any more. */
export type TailItem =
  | { kind: 'events'; events: TailEvent[] }
  | { kind: 'partials'; lines: PartialLine[] }
  | { kind: 'end'; session_id: string; status: SessionStatus | 'deleted'; last_event_seq: number };

/** What tails are made from. */
export interface TailDeps {
  heads: SessionHeads;
  events: Pick<EventStore, 'page'>;
  live: Pick<LiveHub, 'listenToConversation'>;
  /** How long a tail waits, at most, before it looks whether there is more, in milliseconds. */
  pollMs: number;
}

/** The session that a tail is of. */
export interface TailOf {
  id: string;
  root_session_id: string;
  /** When it was made: a session of this id that was made at another time is not followed. */
  created_at?: Date;
}

/** One look at what there is by now. */
export interface Look {
  /** More of what there is; null once there is no more for now. */
  more(): Promise<TailItem | null>;
  /** The last item, once nothing more will come. */
  end: TailItem | null;
  /** Takes a word of a session in: whether there is more by it, or it takes another look to know. */
  hear(news: Omit<SessionNews, 'kind'>): 'nothing' | 'more' | 'look';
  /** Whether lines of this session's answer come after all that was told of it. */
  isAtHead(sessionId: string): boolean;
}

/**
 * Tells what there is, then waits for a word that there is more, or for the next look, until the end.
 * Reads on only when its reader has taken what was read. MongoDB is waited for while it is away.
 */
export async function* runTail(
  { live, pollMs }: Pick<TailDeps, 'live' | 'pollMs'>,
  of: TailOf,
  look: () => Promise<Look>,
  signal: AbortSignal,
): AsyncGenerator<TailItem> {
  const wakeup: Wakeup = createWakeup();
  const partials = createPartialBuffer();
  const seen: { latest: Look | null } = { latest: null };
  let isStale = true;
  let hasMore = false;

  const stopListening = live.listenToConversation(of.root_session_id, {
    connected() {
      isStale = true;
      wakeup.signal();
    },
    onMessage(message) {
      if (message.kind === 'partials') {
        if (!seen.latest?.isAtHead(message.id)) return;
        partials.add(message);
      } else {
        const means = seen.latest?.hear(message) ?? 'look';
        if (means === 'nothing') return;
        hasMore = true;
        if (means === 'look') isStale = true;
      }
      wakeup.signal();
    },
  });
  signal.addEventListener('abort', wakeup.signal, { once: true });

  /** What is there now, or null where there is no more of it, or MongoDB does not answer. */
  async function next(): Promise<TailItem | null> {
    try {
      if (isStale) {
        isStale = false;
        seen.latest = await look();
      }
      return (await seen.latest?.more()) ?? null;
    } catch (error) {
      if (!isMongoAway(error)) throw error;
      return null;
    }
  }

  try {
    while (!signal.aborted) {
      const lookAgainAt = performance.now() + pollMs;
      for (let item = await next(); item && !signal.aborted; item = await next()) yield item;
      const end = seen.latest?.end;
      if (end) {
        yield end;
        return;
      }
      while (!isStale && !hasMore && !signal.aborted && performance.now() < lookAgainAt) {
        await wakeup.wait(lookAgainAt - performance.now());
        // Before the next look: it finds the events that these lines grew into.
        const lines = partials.take();
        if (lines.length > 0) yield { kind: 'partials', lines };
      }
      if (!hasMore) isStale = true;
      hasMore = false;
    }
  } finally {
    signal.removeEventListener('abort', wakeup.signal);
    stopListening();
  }
}

/** Whether a session has nothing more to tell. */
export function isReadToEnd(
  head: Pick<SessionHead, 'status' | 'last_event_seq'>,
  seq: number,
): boolean {
  return isTerminal(head.status) && seq >= head.last_event_seq;
}
