import type { Event } from '@baton/core/internal';

/** The sizes at which a batch is written without waiting for its time (architecture section 3). */
export const BATCH_MAX_EVENTS = 256;
export const BATCH_MAX_BYTES = 256 * 1024;

/** Events that wait to be written, in order. */
export interface Backlog {
  readonly events: number;
  /** Bytes of their lines. */
  readonly bytes: number;
  add(event: Event): void;
  /** Says whether a batch need not wait any longer. */
  isFull(): boolean;
  /** Takes the next batch: within the batch sizes, but at least one event where there is one. */
  take(): Event[];
}

/** An empty backlog. */
export function createBacklog(): Backlog {
  let waiting: { event: Event; bytes: number }[] = [];
  let bytes = 0;

  function fitting(): number {
    let size = 0;
    for (const [index, one] of waiting.entries()) {
      size += one.bytes;
      if (index === BATCH_MAX_EVENTS || (index > 0 && size > BATCH_MAX_BYTES)) return index;
    }
    return waiting.length;
  }

  return {
    get events() {
      return waiting.length;
    },
    get bytes() {
      return bytes;
    },
    add(event) {
      const size = Buffer.byteLength(event.raw);
      waiting.push({ event, bytes: size });
      bytes += size;
    },
    isFull: () => waiting.length >= BATCH_MAX_EVENTS || bytes >= BATCH_MAX_BYTES,
    take() {
      const count = fitting();
      const batch = waiting.slice(0, count);
      waiting = waiting.slice(count);
      for (const one of batch) bytes -= one.bytes;
      return batch.map((one) => one.event);
    },
  };
}
