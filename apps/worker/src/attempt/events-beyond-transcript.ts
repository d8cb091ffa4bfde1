import type { Event, EventStore, Session } from '@baton/core/internal';
import { parseLine } from '../claude/line.ts';

/** What the session's own part of a restored transcript holds. */
export interface RestoredContent {
  /** The uuids of its entries. */
  uuids: ReadonlySet<string>;
  /** Whether it holds the session's prompt. */
  prompt: boolean;
}

/**
 * A range of events that the restored transcript does not hold, as sequence numbers (both
 * included).
 */
export interface EventsBeyondTranscript {
  from: number;
  to: number;
  /** Whether the range holds a message. If so, the transcript ends before the turn does. */
  losesMessages: boolean;
}

// A page is held in memory, and each of its lines may be 1 MiB long.
const PAGE = 50;

/**
 * Finds the events that dead attempts recorded and that the restored transcript does not hold.
 * Events that are already superseded are left out. Returns null if the transcript holds everything.
 *
 * Reads from the newest event back to the first message that the transcript holds. A transcript may
 * hold less than it did when an earlier attempt resumed it. So a prompt counts as held only if no
 * message before it is lost.
 */
export async function findEventsBeyondTranscript(
  events: EventStore,
  session: Session,
  restored: RestoredContent,
): Promise<EventsBeyondTranscript | null> {
  const to = session.last_event_seq;
  let losesMessages = false;
  let from = to + 1;
  let promptSeq: number | null = null;
  for await (const event of readBackwards(events, session)) {
    if (event.subtype === 'prompt' && restored.prompt) promptSeq ??= event.seq;
    else if (isRestored(event, restored))
      return range((promptSeq ?? event.seq) + 1, to, losesMessages);
    else if (isMessage(event)) {
      losesMessages = true;
      promptSeq = null;
    }
    from = event.seq;
  }
  return range(promptSeq === null ? from : promptSeq + 1, to, losesMessages);
}

/** Yields the session's events that are not superseded, newest first. */
async function* readBackwards(events: EventStore, session: Session): AsyncGenerator<Event> {
  const rangeAt = (seq: number) =>
    session.superseded?.find(({ from, to }) => from <= seq && seq <= to);
  for (let upTo = session.last_event_seq; upTo > 0; ) {
    const skipped = rangeAt(upTo);
    if (skipped) {
      upTo = skipped.from - 1;
      continue;
    }
    const start = Math.max(0, upTo - PAGE);
    const page = await events.page({ sessionId: session.id, after: start, upTo, limit: PAGE });
    for (const event of page.reverse()) if (!rangeAt(event.seq)) yield event;
    upTo = start;
  }
}

function range(from: number, to: number, losesMessages: boolean): EventsBeyondTranscript | null {
  return from > to ? null : { from, to, losesMessages };
}

function isRestored(event: Event, { uuids }: RestoredContent): boolean {
  const line = isMessage(event) ? parseLine(event.raw) : null;
  return line?.kind === 'event' && line.uuid !== undefined && uuids.has(line.uuid);
}

function isMessage(event: Event): boolean {
  return event.type === 'assistant' || (event.type === 'user' && event.subtype !== 'prompt');
}
