// Runs git by hand, as a program without Baton would.
import { execa } from 'execa';

const ENV = {
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'bench',
  GIT_AUTHOR_EMAIL: 'bench@localhost',
  GIT_COMMITTER_NAME: 'bench',
  GIT_COMMITTER_EMAIL: 'bench@localhost',
};

async function git(env: Record<string, string>, ...args: string[]): Promise<void> {
  const path = process.env['PATH'] ?? '';
  await execa('git', args, {
    extendEnv: false,
    env: { ...ENV, PATH: path, ...env },
    stdin: 'ignore',
  });
}

/** Makes an empty repository. */
export async function initRepository(gitDir: string): Promise<void> {
  await git({}, 'init', '--quiet', '--bare', gitDir);
}

/** Runs `git add -A` and `git commit` of a directory, with the repository outside the directory. */
export async function addAndCommit(gitDir: string, tree: string): Promise<void> {
  const env = { GIT_DIR: gitDir, GIT_WORK_TREE: tree };
  await git(env, '-C', tree, 'add', '-A');
  await git(env, '-C', tree, 'commit', '--quiet', '--message=bench');
}

/** Runs `git clone` by the protocol, so that objects are copied, and not linked. */
export async function clone(gitDir: string, target: string): Promise<void> {
  await git({}, 'clone', '--quiet', '--no-local', gitDir, target);
}

/** Runs `git clone --shared`: the clone reads the objects of the repository where they are. */
export async function cloneShared(gitDir: string, target: string): Promise<void> {
  await git({}, 'clone', '--quiet', '--shared', gitDir, target);
}
