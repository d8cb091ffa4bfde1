import { realpath, stat } from 'node:fs/promises';
import { AppError, directoriesOf, isInsideRoots, type Policy, type Session } from '@baton/core';
import { makeWorkDir } from '../host/work-dirs.ts';

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
  let given: string | undefined;
  for (const { field, path } of directoriesOf(session.config)) {
    const real = await checkDirectory(String(path), field, policy);
    if (field === 'working_dir') given = real;
  }
  if (given !== undefined) return given;
  return makeWorkDir(workRoot, session.root_session_id);
}

async function checkDirectory(path: string, field: string, policy: Policy): Promise<string> {
  const real = await realpath(path).catch(() => null);
  const realRoots = await Promise.all(
    policy.allowedRoots.map((root) => realpath(root).catch(() => root)),
  );
  if (!isInsideRoots(real ?? path, realRoots)) {
    throw new AppError(
      'WORKING_DIR_NOT_ALLOWED',
      `${field}: ${path} is outside the roots that this worker allows`,
      { details: { field } },
    );
  }
  if (real === null || !(await stat(real)).isDirectory()) {
    throw new AppError('WORKING_DIR_NOT_FOUND', `${field}: no directory ${path} on this worker`, {
      details: { field },
    });
  }
  return real;
}
