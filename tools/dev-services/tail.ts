import type { Readable } from 'node:stream';

const keptBytes = 4096;

/** Reads the streams to their end and keeps their last 4 KiB of text. Returns a getter of this text. */
export function collectTail(...streams: readonly (Readable | null)[]): () => string {
  let text = '';
  for (const stream of streams) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(-keptBytes);
    });
  }
  return () => text.trim();
}
