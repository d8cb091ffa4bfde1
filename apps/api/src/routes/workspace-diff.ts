import { type Capture, defined, encodeCursor, type Session } from '@baton/core/internal';
import { z } from 'zod';
import type { App } from '../app-type.ts';
import { isBelow } from '../captures/captured-tree.ts';
import { AGAINST, type Against, captureBefore, commitOf } from '../captures/captures-of.ts';
import { filesOf, listChanges } from '../captures/list-changes.ts';
import type { FileChange } from '../captures/parse-changes.ts';
import { leftOutLine } from '../captures/patch-text.ts';
import { decodePath, toPathText } from '../captures/path-text.ts';
import { type Patch, readPatches } from '../captures/read-patches.ts';
import { cursor, failures, idParams, json, limit } from '../openapi/responses.ts';
import {
  CAPTURED_MAX_MS,
  type CapturedDeps,
  capturedFields,
  capturedView,
  keyAfter,
  type OpenCapture,
  openCapture,
  reading,
  setDownloadHeaders,
} from './open-capture.ts';
import { pathFields } from './workspace-files.ts';

const LIST = 'diff';
const BOUNDS = { file: 256 * 1024, total: 2 * 1024 * 1024 };

const diffQuery = z.strictObject({
  against: z
    .enum(AGAINST)
    .default('start')
    .describe(
      '`start`: the files with which this session began. `parent`: those of its parent at its end. `base`: those with which the conversation began.',
    ),
  format: z
    .enum(['unified', 'json', 'stat'])
    .default('unified')
    .describe(
      '`unified`: text that `git apply` reads. `json`: a page with the patch of each file. `stat`: the same without patches.',
    ),
  path: z
    .string()
    .min(1)
    .max(16_384)
    .exactOptional()
    .describe('Only this path and what lies below it. Bytes may be percent-encoded once more.'),
  limit: limit(100, 500),
  cursor,
});

const changePage = z.object({
  ...capturedFields,
  against: z.enum(AGAINST),
  total: z
    .object({ files: z.int(), added: z.int(), removed: z.int() })
    .describe('The changes of all pages: files, and lines in text files.'),
  files: z.array(
    z.object({
      ...pathFields,
      status: z.enum(['added', 'deleted', 'modified', 'renamed', 'type_changed']),
      old_path: z.string().optional().describe('The earlier path of a renamed file.'),
      added: z.int().optional().describe('Lines that were added; absent for a binary file.'),
      removed: z.int().optional().describe('Lines that were removed; absent for a binary file.'),
      binary: z.literal(true).optional(),
      patch: z.string().optional().describe('The patch, with `format=json`.'),
      patch_too_large: z
        .literal(true)
        .optional()
        .describe(`The patch has more than ${BOUNDS.file} bytes and is left out.`),
    }),
  ),
  next_cursor: z.string().optional().describe('Absent on the last page.'),
});

type DiffQuery = z.output<typeof diffQuery>;
type ChangePage = z.output<typeof changePage>;

/** Compares the files of a session with those of an earlier moment. */
export function registerWorkspaceDiff(app: App, deps: CapturedDeps): void {
  app.get(
    '/v1/sessions/:id/diff',
    {
      handlerTimeout: CAPTURED_MAX_MS,
      schema: {
        operationId: 'readWorkspaceDiff',
        summary: 'Read what a session changed in its files',
        description:
          'Compares the newest capture of the files, also while the session runs, with the files of an earlier moment. Files are ordered by the bytes of their paths; git directories are left out. Binary files are only named. The header `baton-next-cursor` has the cursor of the next page of unified text.',
        tags: ['workspaces'],
        params: idParams,
        querystring: diffQuery,
        response: {
          200: {
            description: 'A page of the changes, which is empty if nothing changed.',
            content: {
              ...json('', changePage).content,
              'text/plain': { schema: z.string() },
            },
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
      const { query, params } = request;
      const after = keyAfter(query.cursor, params.id, LIST);
      let before: Capture | null = null;
      const open = await openCapture(deps, params.id, request.signal, async (session) => {
        before = await findBefore(deps, session, query.against);
        return [before];
      });
      const page = await reading(open, () => readChanges(open, before, after, query));
      open.lease.release();
      if (query.format !== 'unified') return toJson(open, page, query);
      if (page.next !== undefined) reply.header('baton-next-cursor', page.next);
      return setDownloadHeaders(reply, open.capture)
        .header('content-type', 'text/plain; charset=utf-8')
        .send(Buffer.from(page.patched.map(toText).join(''), 'latin1'));
    },
  );
}

async function findBefore(
  { stores: { sessions } }: CapturedDeps,
  session: Session,
  against: Against,
): Promise<Capture | null> {
  const { parent_session_id: parentId, root_session_id: rootId } = session;
  const isOwnStart = against === 'start' && session.workspace?.start !== undefined;
  const needsParent = against !== 'base' && !isOwnStart && parentId !== undefined;
  return captureBefore(against, {
    session,
    parent: needsParent ? await sessions.get(parentId) : null,
    root: rootId === session.id ? session : against === 'base' ? await sessions.get(rootId) : null,
  });
}

interface Changes {
  all: FileChange[];
  patched: { change: FileChange; patch: Patch | null }[];
  next: string | undefined;
}

async function readChanges(
  { session, commit, lease }: OpenCapture,
  before: Capture | null,
  after: string,
  query: DiffQuery,
): Promise<Changes> {
  const trees = [await filesOf(lease, commitOf(before)), await filesOf(lease, commit)] as const;
  const top = decodePath((query.path ?? '').replace(/\/+$/, ''));
  const listed = trees[0] === trees[1] ? [] : await listChanges(lease, ...trees);
  const all = listed.filter(
    ({ path, oldPath = path }) => isBelow(path, top) || isBelow(oldPath, top),
  );
  const left = all.filter(({ path }) => path > after);
  const wanted = left.slice(0, query.limit);
  const patches =
    query.format === 'stat' || wanted.length === 0
      ? wanted.map(() => null)
      : await readPatches(lease, wanted, BOUNDS);
  const patched = patches.flatMap((patch, index) => {
    const change = wanted[index];
    return change ? [{ change, patch }] : [];
  });
  const last = patched.length < left.length ? patched.at(-1) : undefined;
  return { all, patched, next: last && encodeCursor([session.id, last.change.path], LIST) };
}

function toText({ change, patch }: Changes['patched'][number]): string {
  if (patch?.kind === 'text') return patch.text;
  return leftOutLine(change, BOUNDS.file);
}

function toJson({ capture }: OpenCapture, page: Changes, { against }: DiffQuery): ChangePage {
  const lines = page.all.map(({ lines: counted }) => counted ?? { added: 0, removed: 0 });
  return {
    ...capturedView(capture),
    against,
    total: {
      files: page.all.length,
      added: lines.reduce((sum, { added }) => sum + added, 0),
      removed: lines.reduce((sum, { removed }) => sum + removed, 0),
    },
    files: page.patched.map(toView),
    ...defined({ next_cursor: page.next }),
  };
}

function toView({ change, patch }: Changes['patched'][number]): ChangePage['files'][number] {
  const { path, oldPath, status, lines } = change;
  return {
    ...toPathText(path),
    status,
    ...defined({
      old_path: oldPath === undefined ? undefined : toPathText(oldPath).path,
      added: lines?.added,
      removed: lines?.removed,
      binary: lines ? undefined : (true as const),
      patch: patch?.kind === 'text' ? Buffer.from(patch.text, 'latin1').toString() : undefined,
      patch_too_large: patch?.kind === 'too_large' ? (true as const) : undefined,
    }),
  };
}
