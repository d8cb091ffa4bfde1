import { asList, asObject } from '../claude/fields.ts';
import { parseLine } from '../claude/line.ts';

/**
 * Returns whether the turn is over after this message of a transcript: the model answered and
 * called no tool. The transcript has one line for each part of a message. If the lines with the calls
 * were cut, `stop_reason` still shows that there were calls. Without a message, returns false.
 */
export function endsTurn(line: string | undefined): boolean {
  const entry = line === undefined ? null : parseLine(line);
  if (entry?.kind !== 'event' || entry.type !== 'assistant') return false;
  const message = asObject(entry.body['message']);
  if (message?.['stop_reason'] === 'tool_use') return false;
  const blocks = asList(message?.['content']);
  return blocks.length > 0 && blocks.every((block) => asObject(block)?.['type'] !== 'tool_use');
}
