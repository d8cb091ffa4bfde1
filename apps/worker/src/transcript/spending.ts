import { type MessageUsage, parseLine, usageOf } from '../claude/line.ts';

const ASSISTANT = Buffer.from('"type":"assistant"');
const NEWLINE = 0x0a;

/**
 * What the messages in a piece of a transcript cost: the transcript tells it as it was in the end, the
 * stream as it was when each began. A line that the piece cuts is left out.
 */
export function spendingIn(piece: Buffer): MessageUsage[] {
  const found: MessageUsage[] = [];
  // Looked for by the letter: most bytes of a transcript are of other lines, and are not parsed.
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
