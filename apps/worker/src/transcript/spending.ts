import { type MessageUsage, parseLine, usageOf } from '../claude/line.ts';

const ASSISTANT = Buffer.from('"type":"assistant"');
const NEWLINE = 0x0a;

/**
 * Returns the usage of the messages in a piece of a transcript. A transcript holds the usage at the end of
 * each message, whereas the stream holds the usage at its start. An incomplete line is left out.
 */
export function spendingIn(piece: Buffer): MessageUsage[] {
  const found: MessageUsage[] = [];
  // The bytes are searched first, because most lines of a transcript are of other types and need no parsing.
  for (let at = piece.indexOf(ASSISTANT); at >= 0; ) {
    const end = piece.indexOf(NEWLINE, at);
    if (end < 0) break;
    const start = piece.lastIndexOf(NEWLINE, at) + 1;
    const spent = usageOf(parseLine(piece.toString('utf8', start, end)));
    if (spent) found.push(spent);
    at = piece.indexOf(ASSISTANT, end);
  }
  return found;
}
