import type { LivePublisher, Session } from '@baton/core/internal';

/**
 * How long lines are gathered into one message, in milliseconds. Without this wait, each token
 * would be its own message.
 */
const GATHER_MS = 25;

// A longer line holds more than a token. Baton leaves it out, because the text comes again with the
// whole answer.
const LINE_MAX_CHARS = 64 * 1024;
const GATHER_MAX_LINES = 64;

/**
 * Publishes partials on the live channel. A partial is a line that holds only a piece of an answer.
 * Partials are not stored.
 */
export interface PartialPublisher {
  /** Adds a line to the next message. A line that is too long is left out. */
  add(line: string): void;
}

/** Creates the publisher of an attempt's partials. */
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
