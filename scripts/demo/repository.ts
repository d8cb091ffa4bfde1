import { gitServerSettings, startGitServer } from '../../test/support/git-server/git-server.ts';

/** The branch to which the session pushes its work. */
export const BRANCH = 'baton/demo';

/** The repository of the demo, on a git server on loopback. */
export type DemoRepository = {
  readonly url: string;
  /** The settings with which workers reach the server. */
  readonly settings: Record<string, string>;
  /** Returns what the server has on the pushed branch. Throws if there is no such branch. */
  readonly readPushed: () => Promise<PushedBranch>;
  readonly close: () => Promise<void>;
};

/** A branch as the git server has it. */
export type PushedBranch = {
  /** The id of its newest commit. */
  readonly commit: string;
  /** How many commits it has that `main` does not have. */
  readonly ahead: number;
  /** Its newest commit, as `git show --stat` prints it. */
  readonly summary: string;
  /** The text of each file, by its name. */
  readonly files: Record<string, string>;
};

/**
 * Starts a git server with a small repository.
 *
 * @param folder The folder for the server's files.
 */
export async function startDemoRepository(folder: string): Promise<DemoRepository> {
  const server = await startGitServer(folder);
  const repository = await server.create('relay');
  await repository.commit(
    { 'README.md': '# Relay\n', 'route.txt': 'From the start,\n' },
    { message: 'Begin the relay' },
  );
  const { git } = repository;
  return {
    url: server.httpsUrl('relay'),
    settings: gitServerSettings(server),
    async readPushed() {
      const names = (await git('ls-tree', '--name-only', BRANCH)).split('\n');
      const files = await Promise.all(
        names.map(async (name) => [name, await git('show', `${BRANCH}:${name}`)] as const),
      );
      return {
        commit: await git('rev-parse', BRANCH),
        ahead: Number(await git('rev-list', '--count', `main..${BRANCH}`)),
        summary: await git('show', '--stat', '--format=%h %s (%an)', BRANCH),
        files: Object.fromEntries(files),
      };
    },
    close: server.close,
  };
}
