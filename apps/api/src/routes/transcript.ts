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
import { DOWNLOAD_MAX_MS, sendWhole } from '../http/send-whole.ts';
import { failures, idParams, json } from '../openapi/responses.ts';

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

/** Serves the transcript: the files that Claude Code wrote for a conversation. */
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
          'Returns the JSONL file that `claude --resume` reads, byte for byte, up to the last save. `path` selects another file of the transcript, such as the file of a sub-agent. A transcript contains all that Claude saw, including secrets in files and the results of tools. If a download breaks off, the connection closes before `content-length` bytes were sent.',
        tags: ['events'],
        params: idParams,
        querystring: z.strictObject({
          path: z
            .string()
            .min(1)
            .max(1024)
            .exactOptional()
            .describe('The path of a listed file. Default: the main transcript.'),
        }),
        response: {
          200: {
            description:
              'The bytes of the file. A `.jsonl` file has the type application/x-ndjson.',
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
      return sendWhole(reply, transcripts.read(file, lineage), {
        bytes: file.length,
        sha256: file.sha256,
        name: path,
        type: path.endsWith('.jsonl') ? NDJSON : 'application/octet-stream',
      });
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
          200: json('The files that Baton has saved so far.', fileList),
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
  throw new AppError('TRANSCRIPT_NOT_FOUND', `session ${session.id} has no saved file ${path}`, {
    details: { field: 'path' },
  });
}

/** Returns the session and its ancestors, nearest first. Together they hold the bytes of a file. */
async function lineageOf(sessions: SessionStore, session: Session): Promise<Session[]> {
  const chain = await sessions.ancestry(session);
  const ids = chain.map(({ id }) => id).filter((id) => id !== session.id);
  return [session, ...(await sessions.getMany(ids.reverse()))];
}
