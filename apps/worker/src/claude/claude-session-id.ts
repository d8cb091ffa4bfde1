import { type ClaudeLine, initOf } from './line.ts';

// The id names a file: nothing else may become a part of a path.
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Which of Claude's conversations a process is in. */
export interface ClaudeSessionIdTracker {
  /** Takes a line of stdout into account. */
  observe(line: ClaudeLine): void;
  /** Claude's id of the conversation, by which it is saved and resumed. */
  id(): string;
}

/**
 * Follows a process from the conversation that it began with. `/clear` (and `/new`, `/reset`) begins an
 * empty conversation; the `conversation_reset` line does not name its id, the next init line does.
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

/** Whether the line says that an empty conversation was begun. */
export function isReset(line: ClaudeLine): boolean {
  return line.kind === 'event' && line.type === 'conversation_reset';
}
