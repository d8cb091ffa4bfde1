const NEWLINE = 0x0a;

// Claude prints lines of tens of megabytes; up to this much of one is kept to be parsed, the rest is counted.
const KEEP_BYTES = 16 * 1024 * 1024;

/** One line of a byte stream. `bytes` is its true length where `text` was cut. */
export interface FramedLine {
  text: string;
  bytes: number;
}

/** Splits a byte stream at newlines, in bounded memory whatever the lines' lengths. */
export interface Framer {
  /** The lines that this piece of the stream completes. */
  push(piece: Uint8Array): FramedLine[];
  /** What stands after the last newline, or null. */
  rest(): FramedLine | null;
}

/** A framer; of a line longer than `keepBytes` only the beginning is kept (default 16 MiB). */
export function createFramer(keepBytes: number = KEEP_BYTES): Framer {
  let parts: Uint8Array[] = [];
  let kept = 0;
  let bytes = 0;

  function take(piece: Uint8Array): void {
    bytes += piece.length;
    const room = keepBytes - kept;
    if (room <= 0 || piece.length === 0) return;
    const part = piece.length > room ? piece.subarray(0, room) : piece;
    parts.push(part);
    kept += part.length;
  }

  function finish(): FramedLine {
    const only = parts[0];
    const whole = parts.length === 1 && only ? only : Buffer.concat(parts);
    const line = {
      text: Buffer.from(whole.buffer, whole.byteOffset, whole.length).toString(),
      bytes,
    };
    parts = [];
    kept = 0;
    bytes = 0;
    return line;
  }

  return {
    push(piece) {
      const lines: FramedLine[] = [];
      let from = 0;
      for (;;) {
        const at = piece.indexOf(NEWLINE, from);
        if (at < 0) break;
        take(piece.subarray(from, at));
        lines.push(finish());
        from = at + 1;
      }
      take(piece.subarray(from));
      return lines;
    },
    rest() {
      return bytes > 0 ? finish() : null;
    },
  };
}
