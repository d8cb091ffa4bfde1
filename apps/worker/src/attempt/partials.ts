import type { LivePublisher, Session } from '@baton/core/internal';

// Lines that only grow an answer: they are published live and stored nowhere.

/** How long lines are gathered before they are published, in milliseconds: tokens come by the dozen. */
const GATHER_MS = 25;

// What is longer is no token: it is left out, and comes again with the answer.
const LINE_MAX_CHARS = 64 * 1024;
const GATHER_MAX_LINES = 64;

/** Publishes lines that grow an answer. */
export interface PartialPublisher {
  /** Takes a line; it is published soon, or never. */
  add(line: string): void;
}

/** A publisher of this attempt's lines, a few at a time. */
export function createPartials(
  live: Pick<LivePublisher, 'partials'>,
  { id, root_session_id }: Pick<Session, 'id' | 'root_session_id'>,
  attempt: number,
): PartialPublisher {
  let gathered: string[] = [];

  function publish(): void {
    const lines = gathered;
    gathered = [];
    if (lines.length > 0) live.partials(root_session_id, { id, attempt, lines });
  }

  return {
    add(line) {
      if (line.length > LINE_MAX_CHARS) return;
      gathered.push(line);
      if (gathered.length === 1) setTimeout(publish, GATHER_MS).unref();
      if (gathered.length >= GATHER_MAX_LINES) publish();
    },
  };
}
