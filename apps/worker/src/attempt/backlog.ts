import type { Event } from '@baton/core/internal';

/**
 * The limits of a batch. The next batch is written at once when the waiting events reach a limit.
 */
export const BATCH_MAX_EVENTS = 256;
export const BATCH_MAX_BYTES = 256 * 1024;

// At these bounds Baton stops reading stdout. The pipe then fills up, so the CLI has to wait too.
const BACKLOG_MAX_EVENTS = 4_096;
const BACKLOG_MAX_BYTES = 8 * 1024 * 1024;

/** The queue of events that wait to be written, in order. */
export interface Backlog {
  readonly events: number;
  /** The size of these events' lines, in bytes. */
  readonly bytes: number;
  add(event: Event): void;
  /** Returns whether the waiting events reach a limit of a batch. */
  isFull(): boolean;
  /**
   * Removes and returns the next batch, within the limits. A single event may exceed the byte
   * limit.
   */
  takeBatch(): Event[];
  /** Returns whether the backlog is within its bounds. */
  hasCapacity(): boolean;
  /** Resolves when the backlog is within its bounds, or closed. */
  waitForCapacity(): Promise<void>;
  /** Ends every wait for capacity, because no batch will be taken any more. */
  close(): void;
}

/** Creates an empty backlog. */
export function createBacklog(): Backlog {
  let waiting: { event: Event; bytes: number }[] = [];
  let bytes = 0;
  let isClosed = false;
  let batchTaken = Promise.withResolvers<void>();

  function hasCapacity(): boolean {
    return waiting.length < BACKLOG_MAX_EVENTS && bytes < BACKLOG_MAX_BYTES;
  }

  function wakeWaiting(): void {
    batchTaken.resolve();
    batchTaken = Promise.withResolvers();
  }

  function nextBatchSize(): number {
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
    takeBatch() {
      const count = nextBatchSize();
      const batch = waiting.slice(0, count);
      waiting = waiting.slice(count);
      for (const one of batch) bytes -= one.bytes;
      wakeWaiting();
      return batch.map((one) => one.event);
    },
    hasCapacity,
    async waitForCapacity() {
      while (!isClosed && !hasCapacity()) await batchTaken.promise;
    },
    close() {
      isClosed = true;
      wakeWaiting();
    },
  };
}
