import type { Event } from '@baton/core';

/** The sizes at which a batch is written without waiting for its time (architecture section 3). */
export const BATCH_MAX_EVENTS = 256;
export const BATCH_MAX_BYTES = 256 * 1024;

/** Events that wait to be written, in order. */
export interface Backlog {
  readonly events: number;
  readonly bytes: number;
  add(event: Event): void;
  /** Says whether a batch need not wait any longer. */
  isFull(): boolean;
  /** Takes the next batch: at most the batch sizes, at least one event where there is one. */
  take(): Event[];
}

/** An empty backlog. */
export function createBacklog(): Backlog {
  let waiting: Event[] = [];
  let bytes = 0;
  return {
    get events() {
      return waiting.length;
    },
    get bytes() {
      return bytes;
    },
    add(event) {
      waiting.push(event);
      bytes += event.raw.length;
    },
    isFull: () => waiting.length >= BATCH_MAX_EVENTS || bytes >= BATCH_MAX_BYTES,
    take() {
      let size = 0;
      let count = 0;
      while (
        count < waiting.length &&
        count < BATCH_MAX_EVENTS &&
        (count === 0 || size < BATCH_MAX_BYTES)
      ) {
        size += waiting[count]?.raw.length ?? 0;
        count += 1;
      }
      const batch = waiting.slice(0, count);
      waiting = waiting.slice(count);
      bytes -= size;
      return batch;
    },
  };
}
