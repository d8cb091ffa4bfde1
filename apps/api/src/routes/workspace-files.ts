import { openObjects, type TreePath } from '@baton/core/captures';
import { defined, encodeCursor } from '@baton/core/internal';
import { z } from 'zod';
import type { App } from '../app-type.ts';
import {
  type CapturedEntry,
  isBelow,
  isInGit,
  listTree,
  readManifest,
} from '../captures/captured-tree.ts';
import { concat } from '../captures/find-entry.ts';
import { decodePath, toPathText } from '../captures/path-text.ts';
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
} from './open-capture.ts';

const LIST = 'files';
const MAX_LEFT_OUT = 1000;

/** The names of paths in answers. */
export const pathFields = {
  path: z
    .string()
    .describe('Relative to the workspace. Bytes that are not UTF-8 are shown as U+FFFD.'),
  path_encoded: z
    .string()
    .optional()
    .describe('The path with percent-encoded bytes. Present if the path is not UTF-8.'),
};

const filePage = z.object({
  ...capturedFields,
  files: z.array(
    z.object({
      ...pathFields,
      type: z.enum(['file', 'directory', 'symlink']),
      size: z.int().optional().describe('In bytes; for a symlink the length of its target.'),
      mode: z.string().optional().describe('The permission bits in octal; absent for a symlink.'),
      target: z.string().optional().describe('What a symlink names. Baton never follows it.'),
    }),
  ),
  left_out: z
    .array(z.object({ ...pathFields, reason: z.string() }))
    .optional()
    .describe(
      `What the capture does not hold, and why; only on the first page, and at most ${MAX_LEFT_OUT} paths. A directory stands for everything in it.`,
    ),
  left_out_total: z.int().optional().describe('The number of all such paths; on the first page.'),
  next_cursor: z.string().optional().describe('Absent on the last page.'),
});

const listQuery = z.strictObject({
  path: z
    .string()
    .min(1)
    .max(16_384)
    .exactOptional()
    .describe('Only this path and what lies below it. Bytes may be percent-encoded once more.'),
  git: z
    .enum(['true', 'false'])
    .default('false')
    .describe('Whether git directories (`.git`) are listed.'),
  limit: limit(1000, 5000),
  cursor,
});

type ListQuery = z.output<typeof listQuery>;
type FilePage = z.output<typeof filePage>;

/** Lists the files of a session's newest capture. */
export function registerWorkspaceFiles(app: App, deps: CapturedDeps): void {
  app.get(
    '/v1/sessions/:id/files',
    {
      handlerTimeout: CAPTURED_MAX_MS,
      schema: {
        operationId: 'listWorkspaceFiles',
        summary: "List the files of a session's workspace",
        description:
          'Lists the newest capture of the files, also while the session runs: directories before what they hold, in the order of the bytes of their paths. An empty workspace is an empty list. Only captures of managed workspaces can be listed.',
        tags: ['workspaces'],
        params: idParams,
        querystring: listQuery,
        response: {
          200: json('A page of the files, directories and symlinks.', filePage),
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
    async (request): Promise<FilePage> => {
      const { id } = request.params;
      const after = keyAfter(request.query.cursor, id, LIST);
      const open = await openCapture(deps, id, request.signal);
      const page = await reading(open, () => readPage(open, after, request.query));
      open.lease.release();
      return page;
    },
  );
}

async function readPage(open: OpenCapture, after: string, query: ListQuery): Promise<FilePage> {
  const { session, capture, commit, lease } = open;
  const facts = capturedView(capture);
  const isFirst = after === '';
  if (commit === null) return { ...facts, files: [], ...leftOutView(isFirst ? new Map() : null) };
  const manifest = await readManifest(lease, commit);
  const top = decodePath((query.path ?? '').replace(/\/+$/, ''));
  const found: CapturedEntry[] = [];
  for await (const batch of listTree(lease, commit, manifest)) {
    for (const entry of batch) {
      if (entry.key <= after || !isBelow(entry.path, top)) continue;
      if (query.git === 'false' && isInGit(entry.path)) continue;
      found.push(entry);
    }
    if (found.length > query.limit) break;
  }
  const files = found.slice(0, query.limit);
  const last = found.length > files.length ? files.at(-1) : undefined;
  const targets = await readTargets(lease, files);
  const leftOut = [...manifest.leftOut].filter(([path]) => isBelow(path, top));
  return {
    ...facts,
    files: files.map((entry) => toView(entry, targets)),
    ...leftOutView(isFirst ? new Map(leftOut) : null),
    ...defined({ next_cursor: last && encodeCursor([session.id, last.key], LIST) }),
  };
}

function toView({ type, path, mode, size }: CapturedEntry, targets: ReadonlyMap<TreePath, string>) {
  return {
    ...toPathText(path),
    type,
    ...defined({
      size: type === 'directory' ? undefined : size,
      mode: mode?.toString(8).padStart(4, '0'),
      target: targets.get(path),
    }),
  };
}

function leftOutView(leftOut: ReadonlyMap<TreePath, string> | null) {
  if (leftOut === null) return {};
  const shown = [...leftOut].slice(0, MAX_LEFT_OUT);
  return {
    left_out: shown.map(([path, reason]) => ({ ...toPathText(path), reason })),
    left_out_total: leftOut.size,
  };
}

async function readTargets(
  { git, shadow }: OpenCapture['lease'],
  entries: readonly CapturedEntry[],
): Promise<Map<TreePath, string>> {
  const links = entries.flatMap(({ type, path, oid }) =>
    type === 'symlink' && oid !== undefined ? [{ path, oid }] : [],
  );
  const targets = new Map<TreePath, string>();
  if (links.length === 0) return targets;
  const reader = openObjects(
    git,
    shadow,
    links.map(({ oid }) => oid),
  );
  try {
    for (const { path, oid } of links) {
      const { pieces } = await reader.read(oid);
      targets.set(path, (await concat(pieces)).toString());
    }
  } finally {
    await reader.close();
  }
  return targets;
}
