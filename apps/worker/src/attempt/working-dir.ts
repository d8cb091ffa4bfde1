import type { Stats } from 'node:fs';
import { access, constants, realpath, stat } from 'node:fs/promises';
import {
  AppError,
  directoriesOf,
  isInsideRoots,
  type Policy,
  pluginsOf,
  type SessionConfig,
  workspaceOf,
} from '@baton/core/internal';
import { findHostErrno } from '../host-problem/find-host-problem.ts';

/**
 * Returns the directory that the config names for the session, with symlinks resolved, or null if it
 * names none. Throws WORKING_DIR_NOT_ALLOWED or WORKING_DIR_NOT_FOUND if this directory or an
 * additional directory may not be used; the error names the field of the config.
 */
export async function findGivenDir(config: SessionConfig, policy: Policy): Promise<string | null> {
  const wanted = workspaceOf(config);
  let given: string | null = null;
  for (const { field, path } of directoriesOf(config)) {
    const real = await checkDirectory(String(path), field, policy);
    if (wanted.type === 'path' && field === wanted.field) given = real;
  }
  return given;
}

/**
 * Checks the directories of `plugins`, with symlinks resolved. The CLI would run a session without a plugin that it does
 * not find. Throws OPTION_NOT_ALLOWED or WORKING_DIR_NOT_FOUND, which name the field of the config.
 */
export async function checkPluginDirs(config: SessionConfig, policy: Policy): Promise<void> {
  for (const { field, path } of pluginsOf(config)) {
    await resolveInside(String(path), field, policy.allowedPluginDirs, {
      code: 'OPTION_NOT_ALLOWED',
      setting: 'ALLOWED_PLUGIN_DIRS',
    });
  }
}

function checkDirectory(path: string, field: string, policy: Policy): Promise<string> {
  return resolveInside(path, field, policy.allowedRoots, {
    code: 'WORKING_DIR_NOT_ALLOWED',
    setting: 'ALLOWED_ROOTS',
  });
}

async function resolveInside(
  path: string,
  field: string,
  roots: readonly string[],
  refusal: { code: 'WORKING_DIR_NOT_ALLOWED' | 'OPTION_NOT_ALLOWED'; setting: string },
): Promise<string> {
  const real = await realpath(path).catch(nullUnlessHostError);
  const realRoots = await Promise.all(
    roots.map(async (root) => (await realpath(root).catch(nullUnlessHostError)) ?? root),
  );
  if (!isInsideRoots(real ?? path, realRoots)) {
    throw new AppError(
      refusal.code,
      `${field}: expected a directory that ${refusal.setting} of this worker allows, got ${path}`,
      { details: { field } },
    );
  }
  // The directory may be removed between the two calls.
  const found = real === null ? null : await stat(real).catch(nullUnlessHostError);
  if (real === null || !found?.isDirectory()) {
    throw workingDirNotFound(path, field);
  }
  return real;
}

// A path that cannot be resolved counts as a missing directory. A host error is thrown
// again.
function nullUnlessHostError(error: unknown): null {
  if (findHostErrno(error) !== null) throw error;
  return null;
}

/** The identity of a directory. A later directory at the same path has another identity. */
export type DirIdentity = Pick<Stats, 'dev' | 'ino'>;

/**
 * Reads the identity of the resolved working directory. Throws WORKING_DIR_NOT_FOUND if it is no
 * longer there.
 */
export async function identifyDir(path: string, config: SessionConfig): Promise<DirIdentity> {
  const wanted = workspaceOf(config);
  const stats = await stat(path).catch(wanted.type === 'managed' ? rethrow : nullUnlessHostError);
  if (stats?.isDirectory()) return { dev: stats.dev, ino: stats.ino };
  throw workingDirNotFound(path, wanted.type === 'path' ? wanted.field : undefined);
}

/** Creates the error for a working directory that does not exist on this worker. */
export function workingDirNotFound(path: string, field = 'working_dir'): AppError {
  return new AppError(
    'WORKING_DIR_NOT_FOUND',
    `${field}: expected a directory at ${path} on this worker, found none`,
    { details: { field } },
  );
}

function rethrow(error: unknown): never {
  throw error;
}

/**
 * Compares a directory with its earlier identity. Resolves to `same`, `replaced` (another directory
 * is at the path), `gone`, or `closed` (this worker may not enter the directory).
 */
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
