import { asList, asObject, asString } from '../claude/fields.ts';

// A line may have tens of megabytes, so only lines that may name a message are parsed.
const MAY_NAME = /"(?:source_uuid|mergedSendUuids|sentAsUuid)":/;

/**
 * Returns the ids of the messages that an entry of a transcript holds beside its own `uuid`: a
 * message that came during a turn is an attachment, messages that waited together share one entry,
 * and an entry that a compaction stored again names its first id (docs/claude-cli.md, section 15).
 */
export function takenMessagesIn(line: string): string[] {
  if (!MAY_NAME.test(line)) return [];
  const entry = parse(line);
  const attached =
    entry?.['type'] === 'attachment' && asString(asObject(entry['attachment'])?.['source_uuid']);
  const merged = entry?.['type'] === 'user' ? asList(entry['mergedSendUuids']) : [];
  const first = entry?.['type'] === 'user' && asString(entry['sentAsUuid']);
  return [attached, first, ...merged].filter(
    (id): id is string => typeof id === 'string' && id !== '',
  );
}

/** Returns the ids of the messages that these lines of a transcript hold, among other ids. */
export function messageIdsIn(data: Buffer): string[] {
  return data
    .toString('utf8')
    .split('\n')
    .flatMap((line) => [...uuidsIn(line), ...takenMessagesIn(line)]);
}

/** Returns the ids in a line of a transcript: of its entry, and of whatever the entry contains. */
export function uuidsIn(line: string): string[] {
  // An entry may have tens of megabytes, so its text is searched and not parsed.
  return [...line.matchAll(/"uuid":"([0-9a-f-]{36})"/g)].map(([, uuid]) => uuid ?? '');
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    return asObject(JSON.parse(line));
  } catch {
    return undefined; // an incomplete line names no message
  }
}
