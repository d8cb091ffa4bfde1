// Bare repositories of a test's git server, written by `git fast-import`, so that they may hold anything.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/** A file of a commit: its text, or its mode and its content. For mode `160000`, the content is a commit id. */
export type RepositoryFile = string | { mode: '100755' | '120000' | '160000'; content: string };

/** What a commit is made of. */
export interface CommitOptions {
  /** Default: `main`. */
  branch?: string;
  /** Whether the commit has no parent, so that the branch loses its history, as after a force-push. Default: false. */
  isOrphan?: boolean;
  message?: string;
}

/** A bare repository. */
export interface BareRepository {
  /** Its directory on disk. */
  path: string;
  /** Commits these files over those of the branch, and returns the commit's id. */
  commit(files: Record<string, RepositoryFile>, options?: CommitOptions): Promise<string>;
  /** Runs git in the repository, and returns its standard output without the last line end. */
  git(...args: string[]): Promise<string>;
  /** Installs a hook of the server, such as `pre-receive`. */
  hook(name: string, script: string): Promise<void>;
}

/** The environment of git processes of tests. */
export const testGitEnv = {
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  HOME: '/nonexistent',
  LC_ALL: 'C',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
};

/** Creates a bare repository with the default branch `main`. */
export async function createBareRepository(path: string): Promise<BareRepository> {
  await mkdir(path, { recursive: true });

  async function git(args: readonly string[], input?: string): Promise<string> {
    const { stdout } = await execa('git', args, {
      cwd: path,
      env: testGitEnv,
      extendEnv: false,
      ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
    });
    return stdout;
  }

  await git(['init', '--quiet', '--bare', '--template=', '--initial-branch=main', '.']);
  await git(['config', 'http.receivepack', 'true']);
  return {
    path,
    git: (...args) => git(args),
    async commit(files, { branch = 'main', isOrphan = false, message = 'A commit' } = {}) {
      const ref = `refs/heads/${branch}`;
      const parent = await git(['rev-parse', '--verify', '--quiet', ref]).catch(() => '');
      const hasParent = parent !== '' && !isOrphan;
      const lines = [
        `commit ${ref}\n`,
        `committer Test <test@example.com> 1700000000 +0000\n`,
        data(message),
        hasParent ? `from ${parent}\n` : '',
        ...Object.entries(files).map(fileLines),
      ];
      // An orphan is a new branch to fast-import: without --force it keeps the branch as it is.
      if (isOrphan && parent !== '') await git(['update-ref', '-d', ref]);
      await git(['fast-import', '--quiet', '--force'], `${lines.join('')}\n`);
      return git(['rev-parse', ref]);
    },
    async hook(name, script) {
      await mkdir(join(path, 'hooks'), { recursive: true });
      await writeFile(join(path, 'hooks', name), script, { mode: 0o755 });
    },
  };
}

function fileLines([path, file]: [string, RepositoryFile]): string {
  const { mode, content } = typeof file === 'string' ? { mode: '100644', content: file } : file;
  const name = JSON.stringify(path);
  if (mode === '160000') return `M 160000 ${content} ${name}\n`;
  return `M ${mode} inline ${name}\n${data(content)}`;
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}\n`;
}
