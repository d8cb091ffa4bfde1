import { asObject, asString } from '../claude/fields.ts';
import type { Masker } from './masker.ts';

/**
 * Masks the lines that each hold a piece of an answer. A secret may be split over several lines.
 */
export interface DeltaMasker {
  /**
   * Takes a line (`stream_event`) with its parsed body. Returns the lines that may be published now, in order.
   * A piece of text that may begin a secret waits for the next piece, and so do the lines after it.
   */
  push(line: string, body: Record<string, unknown>): string[];
}

/** A line of an answer. `piece` is the piece of the answer's text in it, if any. */
interface Line {
  line: string;
  body: Record<string, unknown>;
  piece: Piece | null;
}

/** A piece of an answer's text, and the field of the event that holds it. */
interface Piece {
  holder: 'delta' | 'content_block';
  field: string;
  bytes: Buffer;
}

/** An answer whose pieces are still arriving. */
interface Answer {
  /** The end of the published text that may begin a secret. The next piece may continue the secret. */
  open: Buffer;
  /** The lines that wait. */
  lines: Line[];
}

// The objects and fields of an event that may hold a piece.
const HOLDERS = ['delta', 'content_block'] as const;
const FIELDS = ['text', 'thinking', 'partial_json'];

// After these events, no piece continues the text.
const ENDS_TEXT = ['content_block_stop', 'message_start', 'message_delta', 'message_stop'];

// If more lines than this wait, all are published, and the part that may begin a secret is masked.
const MAX_WAITING = 256;

// If the end of a whole text may begin a secret, that end is masked only if it has at least this
// many bytes. Many ordinary texts end with fewer bytes that could also begin a secret.
const CUT_MIN_BYTES = 8;

// If the end of a text may begin a secret, that end is kept only up to this size, in bytes. No
// environment variable is longer, so no secret is longer either.
const MAX_OPEN_BYTES = 256 * 1024;

const NOTHING = Buffer.alloc(0);

/** Creates the masker of one process's lines. */
export function createDeltaMasker(masker: Pick<Masker, 'text' | 'openBytes'>): DeltaMasker {
  // The key is the tool call of the sub-agent that gives the answer. Pieces of several answers may
  // arrive interleaved.
  const answers = new Map<string, Answer>();

  function release({ open, lines }: Answer, all: Buffer, blottedEnd: number): string[] {
    const masked = Buffer.from(masker.text(all.toString()));
    masked.fill('*', masked.length - blottedEnd);
    let at = open.length;
    return lines.map((line) => {
      if (!line.piece) return line.line;
      const before = line.piece.bytes;
      const piece = masked.subarray(at, at + before.length);
      at += before.length;
      return piece.equals(before) ? line.line : withText(line, line.piece, piece.toString());
    });
  }

  return {
    push(line, body) {
      const key = asString(body['parent_tool_use_id']) ?? '';
      const answer = answers.get(key) ?? { open: NOTHING, lines: [] };
      const piece = pieceOf(body);
      if (!piece && answer.lines.length === 0) return [line];
      answer.lines.push({ line, body, piece });
      const all = Buffer.concat([answer.open, ...answer.lines.map(bytesOf)]);
      const openBytes = masker.openBytes(all.toString());
      const isEnd = endsText(body);
      if (openBytes > 0 && !isEnd && answer.lines.length <= MAX_WAITING) {
        answers.set(key, answer);
        return [];
      }
      const isHarmless = isEnd && openBytes < CUT_MIN_BYTES;
      const released = release(answer, all, isHarmless ? 0 : openBytes);
      const open = all.subarray(all.length - openBytes);
      const isContinued = openBytes > 0 && openBytes <= MAX_OPEN_BYTES;
      if (isContinued) answers.set(key, { open, lines: [] });
      else answers.delete(key);
      return released;
    },
  };
}

function endsText(body: Record<string, unknown>): boolean {
  return ENDS_TEXT.includes(asString(asObject(body['event'])?.['type']) ?? '');
}

function pieceOf(body: Record<string, unknown>): Piece | null {
  const event = asObject(body['event']);
  for (const holder of HOLDERS) {
    const holds = asObject(event?.[holder]);
    const field = FIELDS.find((name) => typeof holds?.[name] === 'string');
    if (holds && field !== undefined) {
      return { holder, field, bytes: Buffer.from(String(holds[field])) };
    }
  }
  return null;
}

function bytesOf({ piece }: Line): Buffer {
  return piece?.bytes ?? NOTHING;
}

function withText({ body }: Line, { holder, field }: Piece, text: string): string {
  const event = asObject(body['event']) ?? {};
  const holds = { ...asObject(event[holder]), [field]: text };
  return JSON.stringify({ ...body, event: { ...event, [holder]: holds } });
}
