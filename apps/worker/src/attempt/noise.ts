import { cutText } from '@baton/core/internal';
import { createByteTail } from '../claude/byte-tail.ts';
import type { LinePart } from '../claude/split-line.ts';
import type { OutputMasker } from '../masking/output-masker.ts';
import type { RecordedLine } from './recorded-line.ts';

/** How much non-JSON output Baton stores for one attempt, as events of type `noise`. */
const NOISE_MAX_EVENTS = 200;
const NOISE_MAX_BYTES = 256 * 1024;

const EVENT_MAX_BYTES = 16 * 1024;
const TAIL_BYTES = 8 * 1024;

/** Collects the output of one attempt, except the CLI's events. */
export interface Noise {
  /**
   * Takes a part of a line. Returns the event to record for it, or null if the bounds are exceeded.
   */
  record(part: LinePart): RecordedLine | null;
  /** Returns the last 8 KiB, without secrets and control sequences. */
  tail(): string;
}

/**
 * Creates the collector of one attempt. When the bounds are exceeded, one last event reports it.
 */
export function createNoise(masker: OutputMasker): Noise {
  // Keeps twice as much as `tail` returns. A secret that begins before the returned tail is then
  // still complete when it is masked.
  const tail = createByteTail(2 * TAIL_BYTES);
  let events = 0;
  let bytes = 0;

  function toStore({ text, bytes: rawBytes }: LinePart): RecordedLine | null {
    if (events > NOISE_MAX_EVENTS) return null;
    events += 1;
    const masked = masker.text(cutText(text, 2 * EVENT_MAX_BYTES));
    const raw = cutText(masked, EVENT_MAX_BYTES);
    const wasCut = raw !== masked || rawBytes > 2 * EVENT_MAX_BYTES;
    bytes += Buffer.byteLength(raw);
    if (events <= NOISE_MAX_EVENTS && bytes <= NOISE_MAX_BYTES) {
      return { type: 'noise', raw, bytes: wasCut ? rawBytes : 0 };
    }
    events = NOISE_MAX_EVENTS + 1;
    const dropped =
      'The claude CLI printed more output that is not JSON; Baton does not store the rest.';
    return { type: 'noise', subtype: 'dropped', raw: dropped, bytes: 0 };
  }

  return {
    record(part) {
      tail.push(Buffer.from(`${part.text}\n`));
      if (part.line.kind === 'noise') return toStore(part);
      return { type: 'garbage', raw: part.text, bytes: part.bytes };
    },
    tail() {
      const text = Buffer.from(masker.tail(tail.text(), 2 * TAIL_BYTES).trim());
      const last = text.subarray(Math.max(0, text.length - TAIL_BYTES)).toString();
      return last.replace(/^\ufffd+/, '');
    },
  };
}
