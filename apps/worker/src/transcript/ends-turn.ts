import { asList, asObject } from '../claude/fields.ts';
import { parseLine } from '../claude/line.ts';

/**
 * Returns whether the turn is over after this message of a transcript: the model answered and
 * called no tool. Without a message, returns false.
 */
export function endsTurn(line: string | undefined): boolean {
  const entry = line === undefined ? null : parseLine(line);
  if (entry?.kind !== 'event' || entry.type !== 'assistant') return false;
  const blocks = asList(asObject(entry.body['message'])?.['content']);
  return blocks.length > 0 && blocks.every((block) => asObject(block)?.['type'] !== 'tool_use');
}
