import { delimiter } from 'node:path';

const NAME = 'GIT_CEILING_DIRECTORIES';

/**
 * This environment with a ceiling for git: from below WORK_ROOT it looks for a repository up to there and no further,
 * so that a session without a repository of its own works in none, wherever WORK_ROOT lies. Ceilings that the
 * environment has already stay. `workRoot` has no symlinks: git compares it with the real path of its directory.
 */
export function withGitCeiling(
  env: Readonly<Record<string, string>>,
  workRoot: string,
): Record<string, string> {
  return { ...env, ...joinCeilings(env[NAME], workRoot) };
}

/** The variable with these ceilings, the empty ones left out; nothing where all are. */
export function joinCeilings(...ceilings: (string | undefined)[]): Record<string, string> {
  const directories = ceilings.filter((ceiling) => ceiling !== undefined && ceiling !== '');
  return directories.length === 0 ? {} : { [NAME]: directories.join(delimiter) };
}
