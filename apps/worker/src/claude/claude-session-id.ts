import { type ClaudeLine, initOf } from './line.ts';

// The id becomes a file name, so it must be a plain UUID.
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Tracks which of Claude's conversations a process is in. */
export interface ClaudeSessionIdTracker {
  /** Updates the id from a line of stdout. */
  observe(line: ClaudeLine): void;
  /** Returns Claude's session id, under which the conversation is saved and resumed. */
  id(): string;
}

/**
 * Creates the tracker of a process that begins with the conversation `begunWith`. `/clear` (and
 * `/new`, `/reset`) begins an empty conversation. The `conversation_reset` line does not name the
 * new id; the next init line does (docs/claude-cli.md, section 14).
 */
export function trackClaudeSessionId(begunWith: string): ClaudeSessionIdTracker {
  let id = begunWith;
  let wasReset = false;
  return {
    observe(line) {
      wasReset ||= isReset(line);
      const reportedId = wasReset ? initOf(line)?.session_id : undefined;
      if (reportedId === undefined || !UUID.test(reportedId)) return;
      id = reportedId;
      wasReset = false;
    },
    id: () => id,
  };
}

/** Returns whether the line says that an empty conversation began. */
export function isReset(line: ClaudeLine): boolean {
  return line.kind === 'event' && line.type === 'conversation_reset';
}
