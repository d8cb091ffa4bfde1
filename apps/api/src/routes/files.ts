import { Readable } from 'node:stream';
import {
  AppError,
  FILE_CHUNK_BYTES,
  fileNameSchema,
  fileViewSchema,
  idSchema,
  parseInput,
  toFileView,
  tooLarge,
} from '@baton/core/internal';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { AppDeps } from '../app-deps.ts';
import type { App } from '../app-type.ts';
import { parseParts } from '../http/parse-parts.ts';
import { DOWNLOAD_MAX_MS, sendWhole } from '../http/send-whole.ts';
import { timedPieces } from '../http/timed-pieces.ts';
import { failures, json, nothing } from '../openapi/responses.ts';

const UPLOAD_DESCRIPTION =
  'The body is the bytes of the file, streamed. Baton finds the type from the bytes; the `content-type` is only recorded. A session gets the file with `files: [{"file_id": …, "path": …}]`. Baton removes a file that no session and no schedule uses at `expires_at`. The same bytes uploaded twice are two files.';

// The document describes the body with this; nothing parses it.
const RAW_BODY = {
  content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
} as unknown as z.ZodType<unknown>;

const params = z.strictObject({ id: idSchema.describe('The id of a file.') });

const uploadHeaders = z.looseObject({
  'x-file-name': z
    .string()
    .max(1024)
    .exactOptional()
    .describe('The name of the file, percent-encoded if it is not ASCII. Baton only shows it.'),
});

type FileDeps = Pick<AppDeps, 'stores' | 'fileLimits'>;

/** Takes, describes, serves and removes uploaded files. */
export function registerFiles(app: App, deps: FileDeps): void {
  registerUpload(app, deps);
  registerRead(app, deps);
  registerContent(app, deps);
  registerRemove(app, deps);
}

function registerUpload(app: App, { stores: { files }, fileLimits }: FileDeps): void {
  const { maxBytes, unusedMaxBytes, uploadMs, uploadIdleMs } = fileLimits;
  app.register(async (scope: App) => {
    // The other routes read JSON only. This one gets the body as a stream, whatever it claims to be.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', async (_request: FastifyRequest, body: Readable) => body);
    scope.setValidatorCompiler<z.ZodType>((part) =>
      part.httpPart === 'body' ? (data) => ({ value: data }) : parseParts(part),
    );
    scope.post(
      '/v1/files',
      {
        config: { limitsBodyTime: true },
        // An upload that ends in its last second still has to be stored.
        handlerTimeout: uploadMs + 30_000,
        schema: {
          operationId: 'uploadFile',
          summary: 'Upload a file',
          description: UPLOAD_DESCRIPTION,
          tags: ['files'],
          headers: uploadHeaders,
          querystring: z.strictObject({
            name: fileNameSchema.exactOptional().describe('The name, instead of `x-file-name`.'),
          }),
          body: RAW_BODY,
          response: {
            201: json('The stored file.', fileViewSchema),
            ...failures('INVALID_REQUEST', 'PAYLOAD_TOO_LARGE', 'LIMIT_EXCEEDED', 'UNAVAILABLE'),
          },
        },
      },
      async (request, reply) => {
        const { caller, headers, query } = request;
        const claimedBytes = Number(headers['content-length'] ?? 0);
        if (claimedBytes > maxBytes) throw tooLarge(maxBytes);
        const name = query.name ?? nameOf(headers['x-file-name']);
        if ((await files.unusedBytes(caller.tenant)) + claimedBytes > unusedMaxBytes) {
          throw new AppError(
            'LIMIT_EXCEEDED',
            `expected at most ${unusedMaxBytes} bytes of files that no session uses; use or delete some first`,
          );
        }
        const body = request.body instanceof Readable ? request.body : Readable.from([]);
        const file = await files.put({
          tenant: caller.tenant,
          name,
          mediaType: headers['content-type']?.slice(0, 255),
          pieces: timedPieces(body, { totalMs: uploadMs, idleMs: uploadIdleMs }),
          maxBytes,
        });
        return reply.code(201).header('location', `/v1/files/${file.id}`).send(toFileView(file));
      },
    );
  });
}

function registerRead(app: App, { stores: { files } }: FileDeps): void {
  app.get(
    '/v1/files/:id',
    {
      schema: {
        operationId: 'getFile',
        summary: 'Describe an uploaded file',
        tags: ['files'],
        params,
        response: {
          200: json('The file, without its bytes.', fileViewSchema),
          ...failures('INVALID_REQUEST', 'FILE_NOT_FOUND', 'UNAVAILABLE'),
        },
      },
    },
    async ({ params: { id }, caller }) => toFileView(await findFile(files, id, caller.tenant)),
  );
}

function registerContent(app: App, { stores: { files } }: FileDeps): void {
  app.get(
    '/v1/files/:id/content',
    {
      handlerTimeout: DOWNLOAD_MAX_MS,
      schema: {
        operationId: 'readFile',
        summary: 'Download an uploaded file',
        description:
          'Returns the bytes as an attachment of the type application/octet-stream, so no browser shows them. If a download breaks off, the connection closes before `content-length` bytes were sent.',
        tags: ['files'],
        params,
        response: {
          200: {
            description: 'The bytes of the file.',
            content: { 'application/octet-stream': { schema: z.unknown() } },
          },
          ...failures('INVALID_REQUEST', 'FILE_NOT_FOUND', 'UNAVAILABLE'),
        },
      },
    },
    async ({ params: { id }, caller }, reply) => {
      const file = await findFile(files, id, caller.tenant);
      const pieces = files.read(file);
      // A stream costs more than a small file.
      const isSmall = file.bytes <= FILE_CHUNK_BYTES;
      const content = isSmall ? await readAll(pieces) : pieces;
      return sendWhole(reply, content, {
        bytes: file.bytes,
        sha256: file.sha256,
        name: file.name ?? file.id,
      });
    },
  );
}

function registerRemove(app: App, { stores: { files } }: FileDeps): void {
  app.delete(
    '/v1/files/:id',
    {
      schema: {
        operationId: 'deleteFile',
        summary: 'Remove an uploaded file',
        description: 'A file that a session or a schedule uses is refused: delete those first.',
        tags: ['files'],
        params,
        response: {
          204: nothing('Removed.'),
          ...failures('INVALID_REQUEST', 'FILE_NOT_FOUND', 'FILE_IN_USE', 'UNAVAILABLE'),
        },
      },
    },
    async ({ params: { id }, caller }, reply) => {
      await files.remove(id, caller.tenant);
      return reply.code(204).send();
    },
  );
}

async function readAll(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

async function findFile(files: FileDeps['stores']['files'], id: string, tenant: string) {
  const file = await files.get(id, tenant);
  if (file) return file;
  throw new AppError('FILE_NOT_FOUND', `no file ${id}, or it has expired`, {
    details: { field: 'id' },
  });
}

/** Reads the name in a header, whose characters outside ASCII are percent-encoded. */
function nameOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  let name: string;
  try {
    name = decodeURIComponent(header);
  } catch {
    throw new AppError('INVALID_REQUEST', 'x-file-name: expected a percent-encoded name', {
      details: { field: 'x-file-name' },
    });
  }
  const checked = parseInput(z.object({ 'x-file-name': fileNameSchema }), { 'x-file-name': name });
  return checked['x-file-name'];
}
