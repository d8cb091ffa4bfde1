import { boundRaw, defined, type Event } from '@baton/core/internal';

// A line may claim to be of any type; a document of a batch must stay within what MongoDB takes.
const NAME_MAX_CHARS = 256;

/** A line to record: `raw` is its text as far as it was kept, `bytes` its true length. */
export interface RecordedLine {
  type: string;
  subtype?: string;
  raw: string;
  bytes: number;
}

/** The event that stores a line of an attempt, as the session's event `seq`. */
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
