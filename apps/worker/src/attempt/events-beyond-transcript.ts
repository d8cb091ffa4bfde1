import type { Event, EventStore, Session } from '@baton/core/internal';
import { parseLine } from '../claude/line.ts';

/** What a restored transcript holds of the session's own part. */
export interface RestoredContent {
  uuids: ReadonlySet<string>;
  prompt: boolean;
}

/** Events beyond the restored transcript, as sequence numbers; and whether anything of the model's is lost. */
export interface EventsBeyondTranscript {
  from: number;
  to: number;
  /** Whether the range holds a message: then the turn did not end in the transcript. */
  losesMessages: boolean;
}

// Lines are up to 1 MiB each, and a page is held whole.
const PAGE = 50;

/**
 * What dead attempts recorded beyond the restored transcript and nothing superseded yet, or null where the
 * transcript holds everything. Reads from the newest event back to the first message that the transcript has. A
 * transcript may hold less than it did when an earlier attempt went on from it: so a prompt counts as held only
 * where no message before it is lost.
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

/** The events of a session that nothing superseded, from the newest one back. */
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
