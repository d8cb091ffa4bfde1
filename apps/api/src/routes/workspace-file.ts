import { Readable } from 'node:stream';
import { openBatch, type Pieces, type TreePath } from '@baton/core/captures';
import { AppError } from '@baton/core/internal';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { App } from '../app-type.ts';
import { isBelow, readManifest } from '../captures/captured-tree.ts';
import { concat, findEntry } from '../captures/find-entry.ts';
import { decodePath, toPathText } from '../captures/path-text.ts';
import { type ByteRange, cutPieces, parseRange } from '../http/byte-range.ts';
import { contentDisposition } from '../http/content-disposition.ts';
import { looksLikeText, TEXT_SAMPLE_BYTES } from '../http/looks-like-text.ts';
import { failures, idParams, nothing } from '../openapi/responses.ts';
import {
  type CapturedDeps,
  type OpenCapture,
  openCapture,
  reading,
  setDownloadHeaders,
} from './open-capture.ts';

/** How long a whole download may take, in milliseconds. */
const DOWNLOAD_MAX_MS = 3_600_000;

const bytes = {
  'text/plain': { schema: z.unknown() },
  'application/octet-stream': { schema: z.unknown() },
};

/** A file of a capture whose content can be read. */
interface OpenFile {
  oid: string;
  size: number;
  /** The beginning of the content, and then everything. */
  sample: Buffer;
  pieces: AsyncIterable<Buffer>;
  close(): Promise<void>;
}

/** Reads one file of a session's newest capture. */
export function registerWorkspaceFile(app: App, deps: CapturedDeps): void {
  app.get(
    '/v1/sessions/:id/files/*',
    {
      handlerTimeout: DOWNLOAD_MAX_MS,
      schema: {
        operationId: 'readWorkspaceFile',
        summary: "Download a file of a session's workspace",
        description:
          'Returns the bytes of one file of the newest capture, also while the session runs. The path is what follows `/files/`, with percent-encoded bytes. Text is `text/plain`, everything else an attachment; neither can run in a browser. A symlink is not followed. One range of bytes can be asked for.',
        tags: ['workspaces'],
        params: idParams.extend({ '*': z.string() }),
        headers: z.looseObject({
          range: z.string().exactOptional().describe('One range, such as `bytes=0-1023`.'),
          'if-none-match': z.string().exactOptional(),
          'if-range': z.string().exactOptional(),
        }),
        response: {
          200: { description: 'The bytes of the file.', content: bytes },
          206: { description: 'The bytes of the range.', content: bytes },
          304: nothing('The file is the one whose etag is in `if-none-match`.'),
          416: nothing('The file has none of the bytes of the range.'),
          ...failures(
            'INVALID_REQUEST',
            'SESSION_NOT_FOUND',
            'WORKSPACE_NOT_CAPTURED',
            'WORKSPACE_FILE_NOT_FOUND',
            'WORKSPACE_CORRUPT',
            'CAPACITY_EXCEEDED',
            'UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      const path = decodePath(request.params['*']);
      const open = await openCapture(deps, request.params.id, request.signal);
      const file = await reading(open, () => openFile(open, path));
      setDownloadHeaders(reply, open.capture);
      return sendFile(request, reply, { path, file, release: open.lease.release });
    },
  );
}

async function openFile(open: OpenCapture, path: TreePath): Promise<OpenFile> {
  const { commit, lease } = open;
  if (commit === null) throw notFound(path, 'the workspace was empty');
  const batch = openBatch(lease.streamGit, lease.shadow);
  try {
    const found = await findEntry(batch, commit, path);
    if (found === null) throw notFound(path, await whyMissing(open, commit, path));
    if (found.type === 'directory') {
      throw notFound(path, 'it is a directory; list it with GET /v1/sessions/:id/files?path=');
    }
    batch.ask([found.oid]);
    const object = await batch.next();
    if (object === null) throw notFound(path, 'the capture does not hold its content');
    if (found.type === 'symlink') {
      const target = (await concat(object.pieces)).toString();
      throw notFound(path, `it is a symlink to ${JSON.stringify(target)}, which is not followed`);
    }
    const { sample, pieces } = await withSample(object.pieces);
    return { oid: found.oid, size: object.size, sample, pieces, close: () => batch.close() };
  } catch (error) {
    await batch.close();
    throw error;
  }
}

async function whyMissing({ lease }: OpenCapture, commit: string, path: TreePath): Promise<string> {
  const { leftOut } = await readManifest(lease, commit);
  const reason = [...leftOut].find(([top]) => isBelow(path, top))?.[1];
  return reason === undefined
    ? 'the capture has no such path'
    : `the capture left it out: ${reason}`;
}

function notFound(path: TreePath, why: string): AppError {
  const { path: text } = toPathText(path);
  return new AppError('WORKSPACE_FILE_NOT_FOUND', `${JSON.stringify(text)}: ${why}`, {
    details: { field: 'path' },
  });
}

async function withSample(pieces: Pieces): Promise<Pick<OpenFile, 'sample' | 'pieces'>> {
  const rest = (Array.isArray(pieces) ? toAsync(pieces) : pieces)[Symbol.asyncIterator]();
  const first: Buffer[] = [];
  for (let length = 0; length < TEXT_SAMPLE_BYTES; ) {
    const next = await rest.next();
    if (next.done) break;
    first.push(next.value);
    length += next.value.length;
  }
  async function* whole(): AsyncGenerator<Buffer> {
    yield* first;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  }
  return { sample: Buffer.concat(first), pieces: whole() };
}

async function* toAsync(pieces: Buffer[]): AsyncGenerator<Buffer> {
  yield* pieces;
}

async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  { path, file, release }: { path: TreePath; file: OpenFile; release: () => void },
): Promise<FastifyReply> {
  const etag = `"${file.oid}"`;
  const range = rangeOf(request, etag, file.size);
  reply.header('etag', etag).header('accept-ranges', 'bytes');
  const isKnown = request.headers['if-none-match']?.split(/,\s*/).includes(etag);
  if (isKnown || range.kind === 'beyond') {
    await file.close();
    release();
    if (isKnown) return reply.code(304).send();
    return reply.code(416).header('content-range', `bytes */${file.size}`).send();
  }
  const [start, end] = range.kind === 'part' ? [range.start, range.end] : [0, file.size];
  if (range.kind === 'part') {
    reply.code(206).header('content-range', `bytes ${start}-${end - 1}/${file.size}`);
  }
  const isText = looksLikeText(file.sample);
  reply
    .header('content-type', isText ? 'text/plain; charset=utf-8' : 'application/octet-stream')
    .header('content-length', end - start)
    .header(
      'content-disposition',
      contentDisposition(isText ? 'inline' : 'attachment', nameOf(path)),
    );
  const isHead = request.method === 'HEAD';
  const content = isHead ? [] : cutPieces(file.pieces, start, end);
  const body = Readable.from(content, { objectMode: false });
  body.on('close', () => {
    release();
    void file.close();
  });
  return reply.send(body);
}

// A range of another version of the file is none.
function rangeOf(request: FastifyRequest, etag: string, size: number): ByteRange {
  const condition = request.headers['if-range'];
  if (condition !== undefined && condition !== etag) return { kind: 'whole' };
  return parseRange(request.headers.range, size);
}

function nameOf(path: TreePath): string {
  return toPathText(path.slice(path.lastIndexOf('/') + 1)).path;
}
