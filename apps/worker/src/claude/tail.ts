/** Keeps the end of a byte stream. */
export interface Tail {
  push(piece: Uint8Array): void;
  text(): string;
}

/** A tail of at most `maxBytes`. */
export function createTail(maxBytes: number): Tail {
  let kept = Buffer.alloc(0);
  return {
    push(piece) {
      kept = Buffer.concat([kept, piece.subarray(Math.max(0, piece.length - maxBytes))]);
      if (kept.length > maxBytes) kept = kept.subarray(kept.length - maxBytes);
    },
    text: () => kept.toString(),
  };
}
