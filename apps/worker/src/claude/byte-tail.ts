/** Keeps the end of a byte stream. */
export interface ByteTail {
  push(piece: Uint8Array): void;
  text(): string;
}

/** Creates a tail that keeps at most `maxBytes` bytes. */
export function createByteTail(maxBytes: number): ByteTail {
  let tail = Buffer.alloc(0);
  return {
    push(piece) {
      tail = Buffer.concat([tail, piece.subarray(Math.max(0, piece.length - maxBytes))]);
      if (tail.length > maxBytes) tail = tail.subarray(tail.length - maxBytes);
    },
    text: () => tail.toString(),
  };
}
