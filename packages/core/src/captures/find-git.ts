import { execa } from 'execa';

const VERSION = /^git version (\S+)/;
const FIND_MAX_MS = 20_000;

/** Resolves to git's version, or null if there is none on this PATH. */
export async function findGit(path: string): Promise<string | null> {
  const { stdout, failed } = await execa('git', ['--version'], {
    env: { PATH: path, LC_ALL: 'C', GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' },
    extendEnv: false,
    cwd: '/',
    stdin: 'ignore',
    timeout: FIND_MAX_MS,
    reject: false,
  });
  if (failed) return null;
  return VERSION.exec(stdout)?.[1] ?? null;
}
