import { asObject, asString } from './fields.ts';
import type { ClaudeLine } from './line.ts';

// Lines of these types belong to the protocol between Baton and the CLI. They say nothing that the
// conversation does not show, and the answer to `initialize` names the account, so Baton stores
// none of them.
const PROTOCOL_TYPES = [
  'command_lifecycle',
  'control_cancel_request',
  'control_request',
  'control_response',
  'keep_alive',
];

/**
 * Returns whether the line belongs to the protocol of stdin and stdout, and not to the
 * conversation.
 */
export function isProtocolLine(line: ClaudeLine): boolean {
  return line.kind === 'event' && PROTOCOL_TYPES.includes(line.type);
}

/**
 * Returns whether the text is the beginning of a protocol line. A CLI that is killed leaves such a
 * line unfinished.
 */
export function beginsProtocolLine(text: string): boolean {
  const [, type = ''] = /^\s*\{"type":"(\w+)"/.exec(text) ?? [];
  return PROTOCOL_TYPES.includes(type);
}

/** What became of a message that Baton wrote to stdin. */
export interface MessageState {
  uuid: string;
  /**
   * `queued`: the CLI read the message. `started`: a turn begins with it, or has taken it in.
   * `completed`: that turn is over. `cancelled`: that turn was cut off, or Baton withdrew the
   * message. The CLI may leave states out.
   */
  state: string;
}

/** Returns the state of a message if the line reports one, else null. */
export function messageStateOf(line: ClaudeLine): MessageState | null {
  if (line.kind !== 'event' || line.type !== 'command_lifecycle') return null;
  const uuid = asString(line.body['command_uuid']);
  const state = asString(line.body['state']);
  return uuid === undefined || state === undefined ? null : { uuid, state };
}

/** A question of the CLI to Baton. */
export interface CliRequest {
  id: string;
  subtype: string;
}

/** Returns the question if the line is one, else null. */
export function cliRequestOf(line: ClaudeLine): CliRequest | null {
  if (line.kind !== 'event' || line.type !== 'control_request') return null;
  const id = asString(line.body['request_id']);
  const subtype = asString(asObject(line.body['request'])?.['subtype']);
  return id === undefined ? null : { id, subtype: subtype ?? 'unknown' };
}
