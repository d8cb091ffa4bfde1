import { Readable } from 'node:stream';
import {
  AppError,
  claudeIdOf,
  mainTranscriptPath,
  type Session,
  type SessionStore,
  type TranscriptFile,
} from '@baton/core/internal';
import { z } from 'zod';
import type { AppDeps } from '../app-deps.ts';
import type { App } from '../app-type.ts';
import { failures, idParams, json } from '../openapi/responses.ts';

/** How long a reader may take nothing, in milliseconds, before its connection is ended. */
const STALLED_MS = 60_000;

/** How long a download may take in all, in milliseconds. */
const DOWNLOAD_MAX_MS = 3_600_000;

const fileList = z.object({
  files: z.array(
    z.object({
      path: z.string().describe('Relative to the folder of the conversation.'),
      bytes: z.int(),
      sha256: z.string(),
    }),
  ),
});

const NDJSON = 'application/x-ndjson';

type TranscriptDeps = Pick<AppDeps, 'manager' | 'stores'>;

/** Adds the routes of the transcript: what Claude Code itself wrote of a conversation. */
export function registerTranscript(app: App, deps: TranscriptDeps): void {
  registerDownload(app, deps);
  registerFileList(app, deps);
}

function registerDownload(
  app: App,
  { manager, stores: { sessions, transcripts } }: TranscriptDeps,
): void {
  app.get(
    '/v1/sessions/:id/transcript',
    {
      handlerTimeout: DOWNLOAD_MAX_MS,
      schema: {
        operationId: 'readTranscript',
        summary: 'Download the transcript of a conversation up to a session',
        description:
          'The JSONL that `claude --resume` reads, byte for byte, as far as it is saved. `path` names another of its files, those of sub-agents. It holds what Claude saw, secrets in files and answers of tools included. A download that breaks off ends its connection before `content-length`.',
        tags: ['events'],
        params: idParams,
        querystring: z.strictObject({
          path: z
            .string()
            .min(1)
            .max(1024)
            .exactOptional()
            .describe('A file of the list; default: the main transcript.'),
        }),
        response: {
          200: {
            description: 'The bytes of the file; a `.jsonl` as application/x-ndjson.',
            content: {
              [NDJSON]: { schema: z.unknown() },
              'application/octet-stream': { schema: z.unknown() },
            },
          },
          ...failures(
            'INVALID_REQUEST',
            'SESSION_NOT_FOUND',
            'TRANSCRIPT_NOT_FOUND',
            'UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      const session = await manager.getSession(request.params.id);
      const path = request.query.path ?? mainTranscriptPath(claudeIdOf(session));
      const file = fileOf(session, path);
      const lineage = await lineageOf(sessions, session);
      const bytes = Readable.from(checked(transcripts.read(file, lineage)), { objectMode: false });
      // Nothing but this would end a stream that nobody reads and nobody closes.
      reply.raw.setTimeout(STALLED_MS, () => reply.raw.destroy());
      return reply
        .header('content-type', path.endsWith('.jsonl') ? NDJSON : 'application/octet-stream')
        .header('content-length', file.length)
        .header('etag', `"${file.sha256}"`)
        .header('content-disposition', `attachment; filename="${nameOf(path)}"`)
        .header('x-content-type-options', 'nosniff')
        .send(bytes);
    },
  );
}

function registerFileList(app: App, { manager }: TranscriptDeps): void {
  app.get(
    '/v1/sessions/:id/transcript/files',
    {
      schema: {
        operationId: 'listTranscriptFiles',
        summary: 'List the files of a transcript',
        tags: ['events'],
        params: idParams,
        response: {
          200: json('The files that are saved so far.', fileList),
          ...failures('INVALID_REQUEST', 'SESSION_NOT_FOUND', 'UNAVAILABLE'),
        },
      },
    },
    async (request) => {
      const { transcript } = await manager.getSession(request.params.id);
      return {
        files: transcript.files.map(({ path, length, sha256 }) => ({
          path,
          bytes: length,
          sha256,
        })),
      };
    },
  );
}

function fileOf(session: Session, path: string): TranscriptFile {
  const file = session.transcript.files.find((one) => one.path === path && one.length > 0);
  if (file) return file;
  throw new AppError('TRANSCRIPT_NOT_FOUND', `session ${session.id} has saved no file ${path}`, {
    details: { field: 'path' },
  });
}

/** The session and its ancestors, nearest first: their bytes make up a file. */
async function lineageOf(sessions: SessionStore, session: Session): Promise<Session[]> {
  const chain = await sessions.ancestry(session);
  const ids = chain.map(({ id }) => id).filter((id) => id !== session.id);
  return [session, ...(await sessions.getMany(ids.reverse()))];
}

// The store says at the end whether all was as it was saved: the last piece waits for that, so that what
// is damaged is never as long as it says.
async function* checked(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let previous: Buffer | null = null;
  for await (const piece of pieces) {
    if (previous) yield previous;
    previous = piece;
  }
  if (previous) yield previous;
}

// Of the path's last part only what is safe in a header.
function nameOf(path: string): string {
  return (path.split('/').at(-1) ?? '').replace(/[^\w.-]/g, '_');
}
