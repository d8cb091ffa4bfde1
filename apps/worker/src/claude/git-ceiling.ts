import { delimiter } from 'node:path';

const NAME = 'GIT_CEILING_DIRECTORIES';

/**
 * Adds WORK_ROOT to git's ceilings in an environment. From a directory below WORK_ROOT, git then
 * looks for a repository no higher than WORK_ROOT. Without the ceiling, a session that has no
 * repository would work in a repository that contains WORK_ROOT. Other ceilings of the environment
 * stay. `workRoot` must have no symlinks, because git compares it with real paths.
 */
export function withGitCeiling(
  env: Readonly<Record<string, string>>,
  workRoot: string,
): Record<string, string> {
  return { ...env, ...joinCeilings(env[NAME], workRoot) };
}

/**
 * Returns the variable with these ceilings, except empty ceilings. If all are empty, returns an
 * empty object.
 */
export function joinCeilings(...ceilings: (string | undefined)[]): Record<string, string> {
  const directories = ceilings.filter((ceiling) => ceiling !== undefined && ceiling !== '');
  return directories.length === 0 ? {} : { [NAME]: directories.join(delimiter) };
}
