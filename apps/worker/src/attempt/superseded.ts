import type { Event, EventStore, Session } from '@baton/core/internal';
import { parseLine } from '../claude/line.ts';

/** What a restored transcript holds of the session's own part. */
export interface Held {
  uuids: ReadonlySet<string>;
  prompt: boolean;
}

/** Events beyond the restored transcript, as sequence numbers; and whether anything of the model's is lost. */
export interface Beyond {
  from: number;
  to: number;
  /** Whether the range holds a message: then the turn did not end in the transcript. */
  losesMessages: boolean;
}

// Lines are up to 1 MiB each, and a page is held whole.
const PAGE = 50;

/**
 * What dead attempts recorded beyond the restored transcript, or null where it holds everything. Reads
 * from the newest event back to the first one that the transcript has.
 */
export async function eventsBeyond(
  events: EventStore,
  session: Session,
  held: Held,
): Promise<Beyond | null> {
  const to = session.last_event_seq;
  const floor = Math.max(0, ...(session.superseded ?? []).map((range) => range.to));
  let losesMessages = false;
  for (let upTo = to; upTo > floor; upTo -= PAGE) {
    const after = Math.max(floor, upTo - PAGE);
    const page = await events.page({ sessionId: session.id, after, upTo, limit: PAGE });
    for (const event of page.reverse()) {
      if (isHeld(event, held)) return range(event.seq + 1, to, losesMessages);
      losesMessages ||= isMessage(event);
    }
  }
  return range(floor + 1, to, losesMessages);
}

function range(from: number, to: number, losesMessages: boolean): Beyond | null {
  return from > to ? null : { from, to, losesMessages };
}

function isHeld(event: Event, { uuids, prompt }: Held): boolean {
  if (event.subtype === 'prompt') return prompt;
  const line = isMessage(event) ? parseLine(event.raw) : null;
  return line?.kind === 'event' && line.uuid !== undefined && uuids.has(line.uuid);
}

function isMessage(event: Event): boolean {
  return event.type === 'assistant' || (event.type === 'user' && event.subtype !== 'prompt');
}
