import { asObject, asString } from '../claude/fields.ts';
import type { Masker } from './masker.ts';

/** Masks lines that grow an answer: a secret may come in several pieces, a few letters each. */
export interface DeltaMasker {
  /**
   * Takes a line (`stream_event`) with its parsed body, and returns the lines that may be published by now,
   * in order. A piece that may begin a secret waits for the next one.
   */
  push(line: string, body: Record<string, unknown>): string[];
}

/** A piece of an answer that waits. */
interface Piece {
  line: string;
  body: Record<string, unknown>;
  field: string;
  text: string;
}

// Where the pieces of each kind of content stand.
const FIELDS = ['text', 'thinking', 'partial_json'];

// Past this a piece waits no longer, and what may begin a secret is blotted out.
const MAX_WAITING = 256;

/** A masker of one process's lines. */
export function createDeltaMasker(masker: Pick<Masker, 'text' | 'openBytes'>): DeltaMasker {
  // By the call of the sub-agent whose answer it is: several may grow at once.
  const waiting = new Map<string, Piece[]>();

  function release(pieces: readonly Piece[], openBytes: number): string[] {
    const whole = pieces.map((piece) => piece.text).join('');
    const masked = Buffer.from(masker.text(whole));
    masked.fill('*', masked.length - openBytes);
    let at = 0;
    return pieces.map((piece) => {
      const end = at + Buffer.byteLength(piece.text);
      const text = masked.toString('utf8', at, end);
      at = end;
      return text === piece.text ? piece.line : withText(piece, text);
    });
  }

  return {
    push(line, body) {
      const answer = asString(body['parent_tool_use_id']) ?? '';
      const before = waiting.get(answer) ?? [];
      waiting.delete(answer);
      const piece = pieceOf(line, body);
      if (!piece) return [...release(before, 0), line];
      const pieces = [...before, piece];
      const open = masker.openBytes(pieces.map(({ text }) => text).join(''));
      if (open === 0 || pieces.length > MAX_WAITING) return release(pieces, open);
      waiting.set(answer, pieces);
      return [];
    },
  };
}

function pieceOf(line: string, body: Record<string, unknown>): Piece | null {
  const delta = asObject(asObject(body['event'])?.['delta']);
  const field = FIELDS.find((name) => typeof delta?.[name] === 'string');
  if (!delta || field === undefined) return null;
  return { line, body, field, text: String(delta[field]) };
}

function withText({ body, field }: Piece, text: string): string {
  const event = asObject(body['event']) ?? {};
  const delta = { ...asObject(event['delta']), [field]: text };
  return JSON.stringify({ ...body, event: { ...event, delta } });
}
