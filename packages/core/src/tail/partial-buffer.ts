import type { Partials } from '../model/session/live.ts';

// An answer grows faster than a slow reader reads; what is dropped comes again, whole, as an event.
const MAX_LINES = 256;
const MAX_CHARS = 1024 * 1024;

/** A line that grows an answer. */
export interface PartialLine {
  session_id: string;
  attempt: number;
  raw: string;
}

/** Lines that grow answers, on their way to one reader: the newest, in bounds. */
export interface PartialBuffer {
  add(partials: Omit<Partials, 'kind'>): void;
  /** Takes those there are. */
  drain(): PartialLine[];
}

/** An empty buffer. */
export function createPartialBuffer(): PartialBuffer {
  let lines: PartialLine[] = [];
  let chars = 0;
  return {
    add({ id: session_id, attempt, lines: added }) {
      for (const raw of added) {
        lines.push({ session_id, attempt, raw });
        chars += raw.length;
      }
      while (lines.length > MAX_LINES || chars > MAX_CHARS) chars -= lines.shift()?.raw.length ?? 0;
    },
    drain() {
      const drained = lines;
      lines = [];
      chars = 0;
      return drained;
    },
  };
}
