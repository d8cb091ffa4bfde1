import { asList, asObject, asString } from '../claude/fields.ts';

// A line may have tens of megabytes, so only lines that may name a message are parsed.
const MAY_NAME = /"(?:source_uuid|mergedSendUuids)":/;

/**
 * Returns the ids of the messages that an entry of a transcript holds beside its own `uuid`: a message
 * that came during a turn is an attachment, and messages that waited together share one entry
 * (docs/claude-cli.md, section 15).
 */
export function takenMessagesIn(line: string): string[] {
  if (!MAY_NAME.test(line)) return [];
  const entry = parse(line);
  const attached =
    entry?.['type'] === 'attachment' && asString(asObject(entry['attachment'])?.['source_uuid']);
  const merged = entry?.['type'] === 'user' ? asList(entry['mergedSendUuids']) : [];
  return [attached, ...merged].filter((id): id is string => typeof id === 'string' && id !== '');
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    return asObject(JSON.parse(line));
  } catch {
    return undefined; // an incomplete line names no message
  }
}
