import { realpath, stat } from 'node:fs/promises';
import { AppError, isInsideRoots, type Policy, type Session } from '@baton/core';
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
  const { working_dir: given, additional_directories: more = [] } = session.config;
  for (const [index, directory] of more.entries()) {
    await checkDirectory(directory, `additional_directories.${index}`, policy);
  }
  if (given !== undefined) return checkDirectory(given, 'working_dir', policy);
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
