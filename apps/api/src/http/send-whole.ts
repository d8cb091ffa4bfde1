import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

/** How long a reader may read nothing, in milliseconds, before Baton closes its connection. */
const STALLED_MS = 60_000;

/** How long a whole download may take, in milliseconds. */
export const DOWNLOAD_MAX_MS = 3_600_000;

/** A file to send. `name` is shown to the caller only. */
export interface SentFile {
  bytes: number;
  sha256: string;
  name: string;
  /** Default: application/octet-stream. */
  type?: string;
}

/**
 * Sends a file as an attachment that no browser shows or runs.
 *
 * @param content All bytes, or pieces. The pieces throw if the file is damaged; then the connection closes before
 *   `content-length` bytes were sent.
 */
export function sendWhole(
  reply: FastifyReply,
  content: Buffer | AsyncIterable<Buffer>,
  { bytes, sha256, name, type = 'application/octet-stream' }: SentFile,
): FastifyReply {
  // Without this timeout, a client that stops reading would hold its connection open indefinitely.
  reply.raw.setTimeout(STALLED_MS, () => reply.raw.destroy());
  return reply
    .header('content-type', type)
    .header('content-length', bytes)
    .header('etag', `"${sha256}"`)
    .header('content-disposition', `attachment; filename="${safeName(name)}"`)
    .header('content-security-policy', "default-src 'none'; sandbox")
    .header('x-content-type-options', 'nosniff')
    .send(
      Buffer.isBuffer(content) ? content : Readable.from(checked(content), { objectMode: false }),
    );
}

// The store checks the whole file only after its last piece, and throws if the file is damaged.
// Baton sends the last piece only after this check, so a damaged download is shorter than its
// content-length.
async function* checked(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let previous: Buffer | null = null;
  for await (const piece of pieces) {
    if (previous) yield previous;
    previous = piece;
  }
  if (previous) yield previous;
}

// Returns the last part of the path. Characters that are not safe in a header become "_".
function safeName(path: string): string {
  return (path.split('/').at(-1) ?? '').replace(/[^\w.-]/g, '_');
}
