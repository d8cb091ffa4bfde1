import { Readable } from 'node:stream';
import { z } from 'zod';
import type { App } from '../app-type.ts';
import { writeArchive } from '../captures/write-archive.ts';
import { contentDisposition } from '../http/content-disposition.ts';
import { failures, idParams } from '../openapi/responses.ts';
import { type CapturedDeps, openCapture, setDownloadHeaders } from './open-capture.ts';

/** How long a whole download may take, in milliseconds. */
const DOWNLOAD_MAX_MS = 3_600_000;

/** Serves the files of a session's newest capture as an archive. */
export function registerWorkspaceArchive(app: App, deps: CapturedDeps): void {
  app.get(
    '/v1/sessions/:id/workspace.tar.gz',
    {
      handlerTimeout: DOWNLOAD_MAX_MS,
      schema: {
        operationId: 'readWorkspaceArchive',
        summary: "Download a session's workspace as an archive",
        description:
          'Returns a tar archive, compressed by gzip, of the newest capture, also while the session runs: files with their modes, symlinks, and empty directories. All names are relative and without `..`. Bytes of names that are not UTF-8 are percent-encoded. If the capture turns out to be damaged, the connection closes before the archive ends.',
        tags: ['workspaces'],
        params: idParams,
        querystring: z.strictObject({
          git: z
            .enum(['true', 'false'])
            .default('false')
            .describe('Whether git directories (`.git`) are in the archive.'),
        }),
        response: {
          200: {
            description: 'The archive.',
            content: { 'application/gzip': { schema: z.unknown() } },
          },
          ...failures(
            'INVALID_REQUEST',
            'SESSION_NOT_FOUND',
            'WORKSPACE_NOT_CAPTURED',
            'WORKSPACE_CORRUPT',
            'CAPACITY_EXCEEDED',
            'UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const open = await openCapture(deps, id, request.signal);
      const { capture, commit, lease } = open;
      setDownloadHeaders(reply, capture)
        .header('content-type', 'application/gzip')
        .header('content-disposition', contentDisposition('attachment', `${id}.tar.gz`));
      if (request.method === 'HEAD') {
        lease.release();
        return reply.send(Readable.from([]));
      }
      const options = { commit, mtime: capture.taken_at, withGit: request.query.git === 'true' };
      const archive = writeArchive(lease, options, (error) => {
        lease.release();
        if (error) request.log.error({ err: error }, 'an archive broke off');
      });
      return reply.send(archive);
    },
  );
}
