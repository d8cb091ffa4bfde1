import type { Partials } from '../model/session/live.ts';

// The bounds of a buffer. An answer may grow faster than a slow client reads. Dropped lines are no
// loss, because the whole answer follows as an event.
const MAX_LINES = 256;
const MAX_CHARS = 1024 * 1024;

/** A partial: a line that holds a piece of an answer. */
export interface PartialLine {
  session_id: string;
  attempt: number;
  raw: string;
}

/** The newest partials for one client, within bounds. */
export interface PartialBuffer {
  add(partials: Omit<Partials, 'kind'>): void;
  /** Removes all lines and returns them. */
  drain(): PartialLine[];
}

/** Creates an empty buffer. */
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
