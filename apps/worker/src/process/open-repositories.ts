import { readFile } from 'node:fs/promises';
import { AppError, defined, type Logger } from '@baton/core/internal';
import { findGit } from '../capture/capture-engine.ts';
import type { RepositoryAccess } from '../repository/git-settings.ts';
import {
  type OperatorCredentials,
  parseOperatorCredentials,
} from '../repository/operator-credentials.ts';
import type { WorkerSettings } from '../settings.ts';

/** Reads the operator's credentials for git servers. Throws INVALID_CONFIG. Without a file, there are none. */
export async function readGitCredentials(file: string | undefined): Promise<OperatorCredentials> {
  if (file === undefined) return {};
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    const why = `the file cannot be read (${cause.code})`;
    throw new AppError('INVALID_CONFIG', `GIT_CREDENTIALS_FILE: ${why}`, { cause });
  });
  return parseOperatorCredentials(text);
}

/**
 * Finds out how this worker reaches repositories. Resolves to null, with a warning, if its git is missing or too old to
 * connect to the address that Baton has checked. Sessions from repositories then go to other workers.
 */
export async function openRepositories(
  { GIT_CA_FILE, GIT_TIMEOUT_MS }: Pick<WorkerSettings, 'GIT_CA_FILE' | 'GIT_TIMEOUT_MS'>,
  operatorCredentials: OperatorCredentials,
  path: string,
  log: Logger,
): Promise<RepositoryAccess | null> {
  const version = await findGit(path);
  if (version !== null && isNewEnough(version)) {
    const git = { path, timeoutMs: GIT_TIMEOUT_MS, ...defined({ caFile: GIT_CA_FILE }) };
    return { git, operatorCredentials };
  }
  log.warn(
    { git: version },
    'found no git of version 2.37 or newer in PATH: sessions from repositories return to the queue for other workers',
  );
  return null;
}

/** Returns whether a git of this version has `http.curloptResolve`. */
export function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 2 || (major === 2 && minor >= 37);
}
