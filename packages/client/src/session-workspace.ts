import { invalid } from './baton-error.ts';
import type { Caller } from './call.ts';
import type { Downloader } from './download.ts';
import type { CallOptions } from './options.ts';
import { createPaged, type Paged } from './paged.ts';
import type { PageOptions } from './schedules.ts';
import { sessionPath } from './session-path.ts';

/** A path in a workspace. */
export interface WorkspacePath {
  /** Relative to the workspace. Bytes that are not UTF-8 are shown as U+FFFD. */
  path: string;
  /** The path with percent-encoded bytes; present if it is not UTF-8. */
  path_encoded?: string;
}

/** A file, directory or symlink of a captured workspace. */
export interface WorkspaceFile extends WorkspacePath {
  type: 'file' | 'directory' | 'symlink';
  /** In bytes; absent for a directory. */
  size?: number;
  /** The permission bits in octal; absent for a symlink. */
  mode?: string;
  /** What a symlink names. */
  target?: string;
}

/** How a file differs from an earlier moment. */
export interface WorkspaceChange extends WorkspacePath {
  status: 'added' | 'deleted' | 'modified' | 'renamed' | 'type_changed';
  /** The earlier path of a renamed file. */
  old_path?: string;
  /** Lines that were added and removed; absent for a binary file. */
  added?: number;
  removed?: number;
  binary?: true;
  /** The unified patch, unless `format` is `stat`. */
  patch?: string;
  /** The patch is larger than the API returns. */
  patch_too_large?: true;
}

/** The moment with which the files are compared. Default: `start`, where the session began. */
export type DiffAgainst = 'base' | 'start' | 'parent';

/** Selects what is compared. */
export interface DiffOptions {
  against?: DiffAgainst | undefined;
  /** If set, only this path and what lies below it. */
  path?: string | undefined;
}

/** The calls that take files out of a session's workspace, also while the session runs. */
export interface WorkspaceCalls {
  /** Lists the files, directories and symlinks of the newest capture. `git` lists git directories too. */
  workspaceFiles(
    id: string,
    options?: PageOptions & { path?: string | undefined; git?: boolean | undefined },
  ): Paged<WorkspaceFile>;
  /**
   * Downloads one file: a path, or an entry of `workspaceFiles`. Returns the response, whose `body` is a stream, once its headers
   * are there. Throws WORKSPACE_FILE_NOT_FOUND if there is no such file.
   *
   * @param options `range` asks for a part, such as `bytes=0-1023`.
   */
  file(
    id: string,
    file: string | WorkspacePath,
    options?: CallOptions & { range?: string | undefined },
  ): Promise<Response>;
  /** Lists what changed, each file with its patch, or with `format: 'stat'` without patches. */
  diff(
    id: string,
    options?: PageOptions & DiffOptions & { format?: 'json' | 'stat' | undefined },
  ): Paged<WorkspaceChange>;
  /** Returns what changed as one text that `git apply` reads. Patches that are too large are left out. */
  patch(id: string, options?: CallOptions & DiffOptions): Promise<string>;
  /** Downloads all files as a tar archive compressed by gzip. Returns the response, whose `body` is a stream. */
  archive(id: string, options?: CallOptions & { git?: boolean | undefined }): Promise<Response>;
}

/** Creates the calls for captured files. */
export function createWorkspaceCalls(call: Caller, download: Downloader): WorkspaceCalls {
  return {
    workspaceFiles(id, { path, git, limit, cursor, ...limits } = {}) {
      const query = { path: toQuery(path), git: toFlag(git), limit };
      return createPaged(async (from) => {
        const read = { path: `${sessionPath(id)}/files`, query: { ...query, cursor: from } };
        const answer = await call(
          { method: 'GET', ...read, isRepeatable: true, attemptMs: ATTEMPT_MS },
          limits,
        );
        const { files, next_cursor } = answer.body as PageOf<WorkspaceFile>;
        return toPage(files, next_cursor);
      }, cursor);
    },
    async file(id, file, { range, ...limits } = {}) {
      const headers: Record<string, string> = range === undefined ? {} : { range };
      return download({ path: `${sessionPath(id)}/files/${toUrlPath(file)}`, headers }, limits);
    },
    diff(id, { against, format = 'json', path, limit, cursor, ...limits } = {}) {
      const query = { against, format, path: toQuery(path), limit };
      return createPaged(async (from) => {
        const read = { path: `${sessionPath(id)}/diff`, query: { ...query, cursor: from } };
        const answer = await call(
          { method: 'GET', ...read, isRepeatable: true, attemptMs: ATTEMPT_MS },
          limits,
        );
        const { files, next_cursor } = answer.body as PageOf<WorkspaceChange>;
        return toPage(files, next_cursor);
      }, cursor);
    },
    async patch(id, { against, path, ...limits } = {}) {
      let text = '';
      let cursor: string | undefined;
      do {
        const query = { against, path: toQuery(path), cursor };
        const response = await download({ path: `${sessionPath(id)}/diff`, query }, limits);
        text += await response.text();
        cursor = response.headers.get(NEXT_CURSOR) ?? undefined;
      } while (cursor !== undefined);
      return text;
    },
    async archive(id, { git, ...limits } = {}) {
      const query = { git: toFlag(git) };
      return download({ path: `${sessionPath(id)}/workspace.tar.gz`, query }, limits);
    },
  };
}

const NEXT_CURSOR = 'baton-next-cursor';

// The API may have to fetch the files of a large workspace from the database first.
const ATTEMPT_MS = 125_000;

interface PageOf<T> {
  files: T[];
  next_cursor?: string;
}

function toPage<T>(items: T[], next_cursor: string | undefined) {
  return next_cursor === undefined ? { items } : { items, next_cursor };
}

// The API decodes a path in a query once more, so that it can have any bytes.
function toQuery(path: string | undefined): string | undefined {
  return path?.replaceAll('%', '%25');
}

function toFlag(flag: boolean | undefined): string | undefined {
  return flag === undefined ? undefined : String(flag);
}

// Without this check, a path with `..` would call another route.
function toUrlPath(file: string | WorkspacePath): string {
  const { path, path_encoded: encoded }: WorkspacePath =
    typeof file === 'string' ? { path: file } : file;
  if (path.split('/').some((name) => name === '' || name === '.' || name === '..')) {
    throw invalid('file', 'a relative path without empty names, `.` and `..`');
  }
  return encoded ?? path.split('/').map(encodeURIComponent).join('/');
}
