// The lines that Baton writes to the CLI's stdin (docs/claude-cli.md, section 15).
import { randomUUID } from 'node:crypto';
import { type ContentBlock, defined, type MessagePriority } from '@baton/core/internal';

/** A message of the user, as the CLI gets it. */
export interface UserMessage {
  /** The uuid under which the CLI reports the message and stores it in the transcript. */
  uuid: string;
  text: string;
  /** The blocks that the message consists of, in place of the text (message-pieces.ts). */
  blocks?: readonly ContentBlock[];
  /** When the CLI delivers a message that arrives during a turn. Default of the CLI: `next`. */
  priority?: MessagePriority;
}

/** Returns the line that sends a message. `content` are its blocks; default: its text. */
export function messageLine(
  { uuid, text, priority }: UserMessage,
  content: readonly unknown[] = [{ type: 'text', text }],
): string {
  return line({
    type: 'user',
    message: { role: 'user', content },
    parent_tool_use_id: null,
    session_id: '',
    uuid,
    ...defined({ priority }),
  });
}

/** What Baton may ask of the CLI. */
export type ControlRequest =
  | { subtype: 'initialize' }
  /** Ends the turn. Messages that wait for the end of the turn stay. */
  | { subtype: 'interrupt' }
  /** Withdraws a message that the CLI has not delivered to the model yet. */
  | { subtype: 'cancel_async_message'; message_uuid: string };

/** Returns the line of a control request, under an id of its own. */
export function requestLine(request: ControlRequest): string {
  return line({ type: 'control_request', request_id: randomUUID(), request });
}

/** Returns the line that answers a control request of the CLI with a response. */
export function responseLine(requestId: string, response: Record<string, unknown>): string {
  return line({
    type: 'control_response',
    response: { subtype: 'success', request_id: requestId, response },
  });
}

/** Returns the line that answers a control request of the CLI with an error. */
export function refusalLine(requestId: string, error: string): string {
  return line({
    type: 'control_response',
    response: { subtype: 'error', request_id: requestId, error },
  });
}

function line(value: Record<string, unknown>): string {
  return `${JSON.stringify(value)}\n`;
}
