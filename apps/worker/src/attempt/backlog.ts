import type { Event } from '@baton/core/internal';

/** The sizes at which a batch is written without waiting for its time. */
export const BATCH_MAX_EVENTS = 256;
export const BATCH_MAX_BYTES = 256 * 1024;

// Past this the reader waits, and so, by its full pipe, does the CLI.
const BACKLOG_MAX_EVENTS = 4_096;
const BACKLOG_MAX_BYTES = 8 * 1024 * 1024;

/** Events that wait to be written, in order. */
export interface Backlog {
  readonly events: number;
  /** Bytes of their lines. */
  readonly bytes: number;
  add(event: Event): void;
  /** Says whether a batch need not wait any longer. */
  isFull(): boolean;
  /** Takes the next batch: within the batch sizes, but at least one event where there is one. */
  takeBatch(): Event[];
  /** Whether the backlog is within its bound. */
  hasCapacity(): boolean;
  /** Resolves once the backlog is within its bound, or closed. */
  waitForCapacity(): Promise<void>;
  /** No batch will be taken any more: nobody is to wait for it. */
  close(): void;
}

/** An empty backlog. */
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
