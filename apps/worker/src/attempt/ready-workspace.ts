// Makes the files of a session's workspace ready: as they are, restored, or cloned from the session's repository.
import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AppError,
  isInsideRoots,
  type Policy,
  type SessionConfig,
  workspaceOf,
} from '@baton/core/internal';
import { CaptureFailedError } from '../capture/capture-engine.ts';
import type { RunDirs } from '../host/run-dirs.ts';
import { type ClonedBase, cloneRepository } from '../repository/clone-repository.ts';
import type { RepositoryAccess } from '../repository/git-settings.ts';
import type { DirectoryOrigin } from '../uploads/plan-uploads.ts';
import { type PlannedWorkspace, readyDirectory, type WorkspaceDeps } from './plan-workspace.ts';

/** What making a workspace ready needs from its worker. */
export interface ReadyDeps extends WorkspaceDeps {
  repositories: RepositoryAccess | null;
  policy: Policy;
}

/** The attempt that the workspace is for. */
export interface ReadyRequest {
  /** The session's config, with its secrets opened. */
  config: SessionConfig;
  /** The value of BATON_RUN. */
  marker: string;
  fence: number;
  dirs: Pick<RunDirs, 'files'>;
  /** Ends a clone. The call then rejects with any error. */
  signal: AbortSignal;
}

/** A workspace that is ready. */
export interface ReadyWorkspace {
  /** The directory in which the CLI starts, without symlinks. */
  cwd: string;
  origin: DirectoryOrigin;
  /** What the workspace has begun from, if it was cloned now. */
  base?: ClonedBase;
}

/** Makes the planned workspace ready. Throws WORKSPACE_CORRUPT, and the codes of a clone (clone-repository.ts). */
export async function readyWorkspace(
  deps: ReadyDeps,
  planned: PlannedWorkspace,
  { config, marker, fence, dirs, signal }: ReadyRequest,
): Promise<ReadyWorkspace> {
  const { repository } = workspaceOf(config) as { repository?: PlannedWorkspace['repository'] };
  const cloned: { base?: ClonedBase } = {};
  const { path, origin } = await readyDirectory(deps, planned, fence, async (target) => {
    const access = requireAccess(deps.repositories);
    if (!repository) throw new Error('expected a repository to clone');
    const { maxBytes, maxFiles } = deps.workspace;
    cloned.base = await cloneRepository(
      {
        workRoot: deps.workRoot,
        policy: deps.policy,
        operatorCredentials: access.operatorCredentials,
        git: { ...access.git, marker },
        bounds: { maxBytes, maxFiles },
      },
      { repository, base: planned.kept.base, target, dirs, signal },
    );
    await findSubdirectory(target, repository.subdirectory, { isNew: true });
  });
  const cwd = await findSubdirectory(path, repository?.subdirectory, { isNew: false });
  return { cwd, origin, ...cloned };
}

function requireAccess(access: RepositoryAccess | null): RepositoryAccess {
  if (access) return access;
  throw new CaptureFailedError('this worker found no git of version 2.37 or newer');
}

/**
 * Returns the directory in which the CLI starts. A session may have removed or replaced its subdirectory: then the CLI
 * starts in the workspace itself. A new clone without the subdirectory is refused with REF_NOT_FOUND.
 */
async function findSubdirectory(
  root: string,
  subdirectory: string | undefined,
  { isNew }: { isNew: boolean },
): Promise<string> {
  if (subdirectory === undefined) return root;
  const real = await realpath(join(root, subdirectory)).catch(() => null);
  const isUsable =
    real !== null &&
    isInsideRoots(real, [await realpath(root)]) &&
    (await stat(real)).isDirectory();
  if (isUsable) return real;
  if (!isNew) return root;
  throw new AppError(
    'REF_NOT_FOUND',
    'workspace.subdirectory: expected a directory of the repository, found none',
    { details: { field: 'workspace.subdirectory' } },
  );
}
