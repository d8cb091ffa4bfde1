import type { Event } from '../model/session/event.ts';
import type { SessionUpdate } from '../model/session/live.ts';
import { isTerminal, type SessionStatus } from '../model/session/status.ts';
import type { LiveHub } from '../queue/live-hub.ts';
import { createWakeup, type Wakeup } from '../runtime/wakeup.ts';
import type { EventStore } from '../store/event-store.ts';
import type { SessionHead, SessionHeads } from '../store/session-heads.ts';
import { isMongoAway } from '../store/unavailable.ts';
import { createPartialBuffer, type PartialLine } from './partial-buffer.ts';

/** An event for a reader. The reader can resume after this event with its `id`. */
export interface TailEvent {
  id: string;
  event: Event;
}

/** An item for the reader of a tail. `deleted`: the session no longer exists. */
export type TailItem =
  | { kind: 'events'; events: TailEvent[] }
  | { kind: 'partials'; lines: PartialLine[] }
  | { kind: 'end'; session_id: string; status: SessionStatus | 'deleted'; last_event_seq: number };

/** The dependencies of tails. */
export interface TailDeps {
  heads: SessionHeads;
  events: Pick<EventStore, 'page'>;
  live: Pick<LiveHub, 'listenToConversation'>;
  /** How long a tail waits, at most, before it reads the database again, in milliseconds. */
  pollMs: number;
}

/** The session that a tail follows. */
export interface TailOf {
  id: string;
  root_session_id: string;
  /**
   * When the session was created. The tail does not follow a session with this id that was created
   * at another time.
   */
  created_at?: Date;
}

/** The state of the followed sessions in the database at one moment. */
export interface Snapshot {
  /** Returns the next item, or null if there are no more items for now. */
  more(): Promise<TailItem | null>;
  /** The last item of the tail, or null while more items may come. */
  end: TailItem | null;
  /**
   * Handles a published change of a session. Returns whether the change means nothing to this tail,
   * brings more items, or makes the snapshot stale.
   */
  onChange(change: Omit<SessionUpdate, 'kind'>): 'nothing' | 'more' | 'stale';
  /**
   * Returns whether all known events of this session were sent, so that its partials can follow.
   */
  isAtHead(sessionId: string): boolean;
}

/**
 * Yields the stored items, and then waits for a published change or for the next poll. Repeats this
 * until the end of the tail. Reads more only after the reader has consumed every item. Waits while
 * MongoDB is down.
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

  /** Returns the next item, or null if no item is available now or if MongoDB does not answer. */
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
        // The partials are sent before the next snapshot, because the snapshot holds the complete
        // answers to which these partials belong.
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

/**
 * Returns whether a session has ended and all its events were sent. `seq` is the last event that
 * was sent.
 */
export function isReadToEnd(
  head: Pick<SessionHead, 'status' | 'last_event_seq'>,
  seq: number,
): boolean {
  return isTerminal(head.status) && seq >= head.last_event_seq;
}
