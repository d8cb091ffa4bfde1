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

// A message has at most 23 MB of plain text, and JSON writes each of its bytes as two at most. The bytes of pictures and
// PDFs do not count, because they are dropped.
const MAX_LINE_CHARS = 48 * 1024 * 1024;

// Pictures and PDFs are base64, and no id is that long.
const LONG_BASE64 = /[A-Za-z0-9+/]{4096,}/g;

/** Finds the messages in a transcript that arrives in pieces. A piece may end within a line. */
export interface MessageIdFinder {
  /** Returns the ids of the messages in the lines that this piece completes, among other ids. */
  add(piece: Buffer): string[];
}

/**
 * Creates a finder. It holds no pictures and PDFs in memory, and skips a line that is longer than the line of a message
 * can be.
 */
export function createMessageIdFinder(): MessageIdFinder {
  let rest = '';
  return {
    add(piece) {
      const lines = (rest + piece.toString('latin1')).replace(LONG_BASE64, '').split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > MAX_LINE_CHARS) rest = '';
      return lines.flatMap((line) => [...uuidsIn(line), ...takenMessagesIn(line)]);
    },
  };
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
