import { defined } from '@baton/core/internal';
import { createOutlineReader, type Outline, type OutlineReader } from './outline.ts';

const NEWLINE = 0x0a;

// The CLI prints lines of tens of megabytes. This much of a line is kept for parsing; the rest is
// only counted.
const MAX_KEPT_BYTES = 16 * 1024 * 1024;

/** One line of a byte stream. `bytes` is its full length, even if `text` was cut. */
export interface FramedLine {
  text: string;
  bytes: number;
  /**
   * The top-level keys of the line's JSON object. Present only if `text` was cut and the object was
   * complete.
   */
  outline?: Outline;
}

/** Splits a byte stream at newlines. Its memory is bounded, even for endless lines. */
export interface Framer {
  /** Returns the lines that this piece of the stream completes. */
  push(piece: Uint8Array): FramedLine[];
  /** Returns the text after the last newline, or null if there is none. */
  flush(): FramedLine | null;
}

/**
 * Creates a framer. For a line longer than `keepBytes` (default 16 MiB), it keeps the beginning and
 * the outline of the JSON object. The outline is needed because the verdict of a result line comes
 * after a text of any length.
 */
export function createFramer(keepBytes: number = MAX_KEPT_BYTES): Framer {
  let parts: Uint8Array[] = [];
  let keptBytes = 0;
  let bytes = 0;
  let reader: OutlineReader | null = null;

  function append(piece: Uint8Array): void {
    if (piece.length === 0) return;
    const isFirstOver = bytes <= keepBytes && bytes + piece.length > keepBytes;
    bytes += piece.length;
    const part = piece.subarray(0, Math.max(0, keepBytes - keptBytes));
    if (part.length > 0) parts.push(part);
    keptBytes += part.length;
    if (isFirstOver) {
      parts = [Buffer.concat(parts)];
      reader = createOutlineReader(parts[0] as Buffer);
    }
    reader?.push(piece.subarray(part.length));
  }

  function finish(): FramedLine {
    const only = parts[0];
    const joined = parts.length === 1 && only ? only : Buffer.concat(parts);
    const outline = reader?.end();
    const line = {
      text: Buffer.from(joined.buffer, joined.byteOffset, joined.length).toString(),
      bytes,
      ...defined({ outline: outline ?? undefined }),
    };
    parts = [];
    keptBytes = 0;
    bytes = 0;
    reader = null;
    return line;
  }

  return {
    push(piece) {
      const lines: FramedLine[] = [];
      let from = 0;
      for (;;) {
        const at = piece.indexOf(NEWLINE, from);
        if (at < 0) break;
        append(piece.subarray(from, at));
        lines.push(finish());
        from = at + 1;
      }
      append(piece.subarray(from));
      return lines;
    },
    flush() {
      return bytes > 0 ? finish() : null;
    },
  };
}
