import { asObject } from '../claude/fields.ts';
import { takenMessagesIn } from './taken-messages.ts';

/**
 * Returns whether a line of a transcript is the entry with this uuid. The CLI keeps a message that
 * arrived during a turn as an attachment that names it. If the CLI merges messages, their entry has
 * the uuid of the last message, and lists the others.
 */
export function isEntryOf(line: string, uuid: string): boolean {
  // A line may have megabytes, so only lines that hold the uuid at all are parsed.
  if (!line.includes(uuid)) return false;
  return parseObject(line)?.['uuid'] === uuid || takenMessagesIn(line).includes(uuid);
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    return asObject(JSON.parse(line));
  } catch {
    // The line is not an entry that this version understands.
    return undefined;
  }
}
