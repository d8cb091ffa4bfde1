import { boundRaw, defined, type Event } from '@baton/core/internal';

// The type comes from the CLI's line and may have any length, but an event document must stay
// within MongoDB's size limit.
const NAME_MAX_CHARS = 256;

/**
 * A line to record. `raw` is the text that was kept. If `bytes` is more than the size of `raw`, the
 * line was cut.
 */
export interface RecordedLine {
  type: string;
  subtype?: string;
  raw: string;
  bytes: number;
}

/** Returns the event that stores a line of an attempt under the number `seq`. */
export function toEvent(
  { type, subtype, raw, bytes }: RecordedLine,
  { session_id, seq, attempt, fence }: Pick<Event, 'session_id' | 'seq' | 'attempt' | 'fence'>,
): Event {
  const bounded = boundRaw(raw);
  const isCut = bounded.raw_bytes !== undefined || bytes > Buffer.byteLength(raw);
  return {
    session_id,
    seq,
    attempt,
    fence,
    type: type.slice(0, NAME_MAX_CHARS),
    ...defined({ subtype: subtype?.slice(0, NAME_MAX_CHARS) }),
    created_at: new Date(),
    raw: bounded.raw,
    ...defined({ raw_bytes: isCut ? bytes : undefined }),
  };
}
