import type { Stats } from 'node:fs';
import { access, constants, realpath, stat } from 'node:fs/promises';
import {
  AppError,
  directoriesOf,
  isInsideRoots,
  type Policy,
  type Session,
} from '@baton/core/internal';
import { makeWorkDir } from '../host/work-dirs.ts';
import { findHostErrno } from '../host-problem/find-host-problem.ts';

/**
 * The session's working directory, symlinks resolved. Without one in its config: a directory of the
 * conversation under the work root, made if absent. Throws WORKING_DIR_NOT_ALLOWED or
 * WORKING_DIR_NOT_FOUND, naming the field.
 */
export async function resolveWorkingDir(
  session: Session,
  workRoot: string,
  policy: Policy,
): Promise<string> {
  let workingDir: string | undefined;
  for (const { field, path } of directoriesOf(session.config)) {
    const real = await checkDirectory(String(path), field, policy);
    if (field === 'working_dir') workingDir = real;
  }
  if (workingDir !== undefined) return workingDir;
  return makeWorkDir(workRoot, session.root_session_id);
}

async function checkDirectory(path: string, field: string, policy: Policy): Promise<string> {
  const real = await realpath(path).catch(nullUnlessHostError);
  const realRoots = await Promise.all(
    policy.allowedRoots.map(
      async (root) => (await realpath(root).catch(nullUnlessHostError)) ?? root,
    ),
  );
  if (!isInsideRoots(real ?? path, realRoots)) {
    throw new AppError(
      'WORKING_DIR_NOT_ALLOWED',
      `${field}: ${path} is outside the roots that this worker allows`,
      { details: { field } },
    );
  }
  // It may come and go while it is looked at.
  const found = real === null ? null : await stat(real).catch(nullUnlessHostError);
  if (real === null || !found?.isDirectory()) {
    throw workingDirNotFound(path, field);
  }
  return real;
}

// A path that cannot be followed leads to no directory; a host that cannot look at any path is another matter.
function nullUnlessHostError(error: unknown): null {
  if (findHostErrno(error) !== null) throw error;
  return null;
}

/** A directory as it was when it was looked at. */
export type DirIdentity = Pick<Stats, 'dev' | 'ino'>;

/** Looks at the working directory that was resolved; throws WORKING_DIR_NOT_FOUND where a given one went meanwhile. */
export async function identifyDir(
  path: string,
  { config }: Pick<Session, 'config'>,
): Promise<DirIdentity> {
  const stats = await stat(path).catch(
    config.working_dir === undefined ? rethrow : nullUnlessHostError,
  );
  if (stats?.isDirectory()) return { dev: stats.dev, ino: stats.ino };
  throw workingDirNotFound(path);
}

/** The error of a working directory that is not there. */
export function workingDirNotFound(path: string, field = 'working_dir'): AppError {
  return new AppError('WORKING_DIR_NOT_FOUND', `${field}: no directory ${path} on this worker`, {
    details: { field },
  });
}

function rethrow(error: unknown): never {
  throw error;
}

/** What has become of a directory: it is the `same`, was `replaced` by another, is `gone`, or may not be entered (`closed`). */
export async function compareDir(
  path: string,
  before: DirIdentity,
): Promise<'same' | 'replaced' | 'gone' | 'closed'> {
  const now = await stat(path).catch(nullUnlessHostError);
  if (!now?.isDirectory()) return 'gone';
  if (now.dev !== before.dev || now.ino !== before.ino) return 'replaced';
  const mayEnter = await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
  return mayEnter ? 'same' : 'closed';
}
