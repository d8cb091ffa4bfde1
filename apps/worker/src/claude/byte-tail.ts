/** Keeps the end of a byte stream. */
export interface ByteTail {
  push(piece: Uint8Array): void;
  text(): string;
}

/** A tail of at most `maxBytes`. */
export function createByteTail(maxBytes: number): ByteTail {
  let kept = Buffer.alloc(0);
  return {
    push(piece) {
      kept = Buffer.concat([kept, piece.subarray(Math.max(0, piece.length - maxBytes))]);
      if (kept.length > maxBytes) kept = kept.subarray(kept.length - maxBytes);
    },
    text: () => kept.toString(),
  };
}
