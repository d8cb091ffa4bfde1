import { z } from 'zod';
import { contentUsesOf, type RequestBlock } from '../content/content.ts';
import type { FileUse } from '../files/stored-file.ts';
import { idSchema } from '../schema/id.ts';

/** How many uploaded files a session may get. */
const MAX_SESSION_FILES = 100;

const PATH_MAX = 1024;

// Linux allows 255 bytes.
const NAME_MAX_BYTES = 255;

// What HFS+ ignores in a name. git leaves the same characters out (utf8.c, `next_hfs_char`).
const IGNORED_BY_HFS = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

const filePathSchema = z
  .string()
  .min(1, 'expected a path')
  .max(PATH_MAX)
  .superRefine((path, context) => {
    const problem = findPathProblem(path);
    if (problem !== null) context.addIssue({ code: 'custom', message: problem });
  })
  .describe(
    "Where the file is put: a relative path in the session's directory, with `/` between names. No `..`, no `.git`.",
  );

/** Schema of the uploaded files that a session finds in its directory. */
export const fileRefsSchema = z
  .array(
    z.strictObject({
      file_id: idSchema.describe('The id of a file from POST /v1/files.'),
      path: filePathSchema,
    }),
  )
  .max(MAX_SESSION_FILES)
  .superRefine((refs, context) => {
    const clash = findClash(refs.map(({ path }) => path));
    if (clash === null) return;
    const { index, message } = clash;
    context.addIssue({ code: 'custom', path: [index, 'path'], message });
  })
  .describe(
    "Uploaded files that are put into the session's directory before Claude Code starts, at most 100. A file that is there already is replaced. A continue never inherits them.",
  );

/** An uploaded file, and where it is put. */
export type FileRef = z.infer<typeof fileRefsSchema>[number];

/** Returns the uses of files by a config, or by the overrides of a continue. `null` uses none. */
export function fileUsesOf({
  files,
  content,
}: {
  files?: readonly FileRef[] | null | undefined;
  content?: readonly RequestBlock[] | undefined;
}): FileUse[] {
  const put = (files ?? []).map(({ file_id }, index) => ({
    id: file_id,
    field: `files.${index}.file_id`,
  }));
  return [...put, ...contentUsesOf(content ?? [])];
}

function findPathProblem(path: string): string | null {
  if (/[\p{Cc}\p{Cs}]/u.test(path)) return 'expected a path without control characters';
  if (path.includes('\\')) return 'expected `/` between the names, got a backslash';
  if (path.startsWith('/')) return 'expected a relative path';
  const names = path.split('/');
  if (names.some((name) => name === '' || name === '.' || name === '..'))
    return 'expected names between the slashes, got an empty one, `.` or `..`';
  if (names.some((name) => Buffer.byteLength(name) > NAME_MAX_BYTES))
    return `expected names of at most ${NAME_MAX_BYTES} bytes`;
  if (names.some(isGitName)) return 'expected a path outside `.git`';
  return null;
}

// NTFS ignores dots and spaces at the end, and what follows a colon; its short name of `.git` is `git~1`.
function isGitName(name: string): boolean {
  const [plain = ''] = name.replace(IGNORED_BY_HFS, '').toLowerCase().split(':');
  return ['.git', 'git~1'].includes(plain.replace(/[. ]+$/, ''));
}

/** Finds the first path that another path equals, or that lies below another path. */
function findClash(paths: readonly string[]): { index: number; message: string } | null {
  const all = new Set(paths);
  const seen = new Set<string>();
  for (const [index, path] of paths.entries()) {
    if (seen.has(path)) return { index, message: 'expected each path only once' };
    seen.add(path);
    const names = path.split('/');
    const parent = names
      .slice(1)
      .map((_, at) => names.slice(0, at + 1).join('/'))
      .find((one) => all.has(one));
    if (parent !== undefined)
      return { index, message: `expected a path that is not below the file ${parent}` };
  }
  return null;
}
