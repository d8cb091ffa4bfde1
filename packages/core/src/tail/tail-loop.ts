import type { Event } from '../model/session/event.ts';
import type { SessionUpdate } from '../model/session/live.ts';
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

/** What is sent to the reader of a tail. `deleted`: there is no such session any more. */
export type TailItem =
  | { kind: 'events'; events: TailEvent[] }
  | { kind: 'partials'; lines: PartialLine[] }
  | { kind: 'end'; session_id: string; status: SessionStatus | 'deleted'; last_event_seq: number };

/** What tails are made from. */
export interface TailDeps {
  heads: SessionHeads;
  events: Pick<EventStore, 'page'>;
  live: Pick<LiveHub, 'listenToConversation'>;
  /** How long a tail waits, at most, before it reads the database again, in milliseconds. */
  pollMs: number;
}

/** The session that a tail is of. */
export interface TailOf {
  id: string;
  root_session_id: string;
  /** When it was made: a session of this id that was made at another time is not followed. */
  created_at?: Date;
}

/** What the database held at one moment. */
export interface Snapshot {
  /** The next items; null once there are no more for now. */
  more(): Promise<TailItem | null>;
  /** The last item, once nothing more will come. */
  end: TailItem | null;
  /** Handles a published change of a session: it brings nothing, more items, or makes the snapshot stale. */
  onChange(change: Omit<SessionUpdate, 'kind'>): 'nothing' | 'more' | 'stale';
  /** Whether lines of this session's answer come after all of its events that were sent. */
  isAtHead(sessionId: string): boolean;
}

/**
 * Sends what is stored, then waits for a published change, or for the next poll, until the end. Reads on only
 * when the reader has taken what was read, and waits while MongoDB is away.
 */
export async function* runTail(
  { live, pollMs }: Pick<TailDeps, 'live' | 'pollMs'>,
  of: TailOf,
  takeSnapshot: () => Promise<Snapshot>,
  signal: AbortSignal,
): AsyncGenerator<TailItem> {
  const wakeup: Wakeup = createWakeup();
  const partials = createPartialBuffer();
  const current: { latest: Snapshot | null } = { latest: null };
  let isStale = true;
  let hasMore = false;

  const stopListening = live.listenToConversation(of.root_session_id, {
    connected() {
      isStale = true;
      wakeup.signal();
    },
    onMessage(message) {
      if (message.kind === 'partials') {
        if (!current.latest?.isAtHead(message.id)) return;
        partials.add(message);
      } else {
        const effect = current.latest?.onChange(message) ?? 'stale';
        if (effect === 'nothing') return;
        hasMore = true;
        if (effect === 'stale') isStale = true;
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
        current.latest = await takeSnapshot();
      }
      return (await current.latest?.more()) ?? null;
    } catch (error) {
      if (!isMongoAway(error)) throw error;
      return null;
    }
  }

  try {
    while (!signal.aborted) {
      const pollAt = performance.now() + pollMs;
      for (let item = await next(); item && !signal.aborted; item = await next()) yield item;
      const end = current.latest?.end;
      if (end) {
        yield end;
        return;
      }
      while (!isStale && !hasMore && !signal.aborted && performance.now() < pollAt) {
        await wakeup.wait(pollAt - performance.now());
        // Before the next snapshot: it has the events that these lines grew into.
        const lines = partials.drain();
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

/** Whether a session has ended and all of its events up to the last were sent; `seq`: the last that was sent. */
export function isReadToEnd(
  head: Pick<SessionHead, 'status' | 'last_event_seq'>,
  seq: number,
): boolean {
  return isTerminal(head.status) && seq >= head.last_event_seq;
}
