// The commit of a session's work, built by git from a capture of a real clone.
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryOf } from '@baton/core/captures';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type CaptureCalls,
  createCaptureCalls,
} from '../../../../apps/worker/src/capture/capture-calls.ts';
import { buildCommit } from '../../../../apps/worker/src/push/build-commit.ts';
import { openLocalGit } from '../../../../apps/worker/src/push/local-git.ts';
import {
  makePushRepository,
  takeObjects,
} from '../../../../apps/worker/src/push/push-repository.ts';
import {
  type BareRepository,
  createBareRepository,
  type RepositoryFile,
  testGitEnv,
} from '../../../support/git-server/repositories.ts';

const PATH = process.env['PATH'] ?? '';
const DATE = new Date('2026-01-02T03:04:05Z');

let root: string;
let calls: CaptureCalls;
let count = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'baton-commit-'));
  calls = createCaptureCalls({ path: PATH, timeoutMs: 60_000 });
});

afterAll(() => rm(root, { recursive: true, force: true }));

interface Scene {
  tree: string;
  base: string;
  origin: BareRepository;
  shell(script: string): void;
  write(name: string, content: string | Buffer): Promise<void>;
  /** Captures the tree, and commits what changed since `parent`. */
  build(options?: { include?: string[]; parent?: string; base?: string }): Promise<{
    commit: string | null;
    git(...args: string[]): string;
    /** Name and status of each changed file. */
    changes(): string[];
  }>;
}

async function setScene(files: Record<string, RepositoryFile>): Promise<Scene> {
  count += 1;
  const folder = join(root, String(count));
  await mkdir(folder);
  const origin = await createBareRepository(join(folder, 'origin.git'));
  const base = await origin.commit(files);
  const tree = join(folder, 'tree');
  const shadow = join(folder, 'shadow');
  execFileSync('git', ['clone', '-q', origin.path, tree], { env: testGitEnv, stdio: 'pipe' });
  return {
    tree,
    base,
    origin,
    shell: (script) => void execFileSync('sh', ['-ec', script], { cwd: tree, env: testGitEnv }),
    async write(name, content) {
      await mkdir(join(tree, name, '..'), { recursive: true });
      await writeFile(join(tree, name), content);
    },
    async build({ include = [], parent = base } = {}) {
      const result = await calls.capture({
        tree,
        shadow,
        base: null,
        previous: null,
        isMerged: false,
        isForced: true,
        include,
        secrets: ['secret-of-the-operator'],
        maxBytes: 1e9,
        maxFiles: 1e6,
      });
      if (result.kind !== 'captured') throw new Error(`expected a capture, got ${result.kind}`);
      await origin.git('repack', '-adq');
      const dir = await makePushRepository(shadow, repositoryOf(shadow));
      await takeObjects(dir, origin.path);
      const commit = await buildCommit(openLocalGit(dir, { path: PATH, marker: '' }), {
        base,
        parent,
        capture: result.commit,
        include,
        author: { name: 'Me', email: 'me@example.com' },
        date: DATE,
        message: 'The work\n',
      });
      const git = (...args: string[]) =>
        execFileSync('git', args, { cwd: dir, env: testGitEnv, encoding: 'utf8' });
      return {
        commit,
        git,
        changes: () =>
          git('diff-tree', '-r', '--raw', '--abbrev=4', parent, commit ?? '')
            .trim()
            .split('\n')
            .map((line) => line.replace(/^:(\d+) (\d+) \w+ \w+ (\w)\t/, '$3 $2 ')),
      };
    },
  };
}

describe('the commit of the work', () => {
  test('holds new, changed, deleted and executable files and symlinks, and no others', async () => {
    const scene = await setScene({
      'kept.txt': 'kept\n',
      'changed.txt': 'old\n',
      'gone.txt': 'gone\n',
      'run.sh': '#!/bin/sh\n',
      'dir/one': 'one\n',
      link: { mode: '120000', content: 'kept.txt' },
    });
    await scene.write('changed.txt', 'new\n');
    await scene.write('new/file.txt', 'new\n');
    await unlink(join(scene.tree, 'gone.txt'));
    await chmod(join(scene.tree, 'run.sh'), 0o755);
    await unlink(join(scene.tree, 'link'));
    await symlink('changed.txt', join(scene.tree, 'link'));
    await symlink('/etc/passwd', join(scene.tree, 'outside'));
    scene.shell('rm -r dir; echo file > dir');
    const { changes, git, commit } = await scene.build();
    expect(changes()).toEqual([
      'M 100644 changed.txt',
      'A 100644 dir',
      'D 000000 dir/one',
      'D 000000 gone.txt',
      'M 120000 link',
      'A 100644 new/file.txt',
      'A 120000 outside',
      'M 100755 run.sh',
    ]);
    expect(git('cat-file', 'commit', commit ?? '')).toMatch(
      new RegExp(
        `^tree \\w+\nparent ${scene.base}\nauthor Me <me@example.com> 1767323045 \\+0000\ncommitter Baton <baton@localhost> 1767323045 \\+0000\n\nThe work\n$`,
      ),
    );
  });

  test('does not exist if nothing changed, although git wrote other line ends, and has the same id each time', async () => {
    const scene = await setScene({
      '.gitattributes':
        '*.txt text eol=crlf\n*.id ident\n*.u16 working-tree-encoding=UTF-16LE\n*.auto text=auto eol=crlf\n',
      'a.txt': 'one\ntwo\n',
      'wrong.txt': 'one\r\ntwo\r\n',
      'b.auto': 'one\n',
      'v.id': '$Id$\n',
      'e.u16': 'one\n',
    });
    expect((await scene.build()).commit).toBeNull();
    await scene.write('a.txt', 'one\r\n2\r\n');
    const built = await scene.build();
    expect(built.changes()).toEqual(['M 100644 a.txt']);
    expect(built.git('cat-file', 'blob', `${built.commit}:a.txt`)).toBe('one\n2\n');
    expect((await scene.build()).commit).toBe(built.commit);
  });

  test('stores changed and new files as git add does, and bytes that have no valid encoding as they are', async () => {
    const scene = await setScene({
      '.gitattributes':
        '*.txt text eol=crlf\n*.u16 working-tree-encoding=UTF-16LE\n*.auto text=auto\n',
      'e.u16': 'one\n',
      'crlf.auto': 'one\r\n',
      'big.lfs': 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n',
    });
    await scene.write('new.txt', 'a\r\nb\r\n');
    await scene.write('e.u16', Buffer.from('two\n', 'utf16le'));
    await scene.write('bad.u16', Buffer.from([0x00, 0xd8, 0x00]));
    await scene.write('crlf.auto', 'two\r\n');
    const { git, commit, changes } = await scene.build();
    expect(changes()).toEqual([
      'A 100644 bad.u16',
      'M 100644 crlf.auto',
      'M 100644 e.u16',
      'A 100644 new.txt',
    ]);
    const blob = (name: string) => git('cat-file', 'blob', `${commit}:${name}`);
    expect(blob('new.txt')).toBe('a\nb\n');
    expect(blob('e.u16')).toBe('two\n');
    expect(blob('crlf.auto')).toBe('two\r\n');
  });

  test('leaves ignored files and git directories out, also those that travel, unless the agent added them to the index', async () => {
    const scene = await setScene({ '.gitignore': 'out/\n*.log\n', 'kept.log': 'tracked\n' });
    await scene.write('out/built', 'built');
    await scene.write('sub/a.log', 'log');
    await scene.write('forced.log', 'log');
    await scene.write('kept.log', 'changed\n');
    scene.shell('git add -f forced.log; git init -q nested; echo n > nested/file');
    const { changes } = await scene.build({ include: ['out/'] });
    expect(changes()).toEqual(['A 100644 forced.log', 'M 100644 kept.log', 'A 100644 nested/file']);
  });

  test('keeps what a capture may not hold, and submodules, as the base has them', async () => {
    const scene = await setScene({
      'secret.env': 'A=1\n',
      '.gitmodules': '[submodule "lib"]\n\tpath = lib\n\turl = https://git.example.com/lib.git\n',
      lib: { mode: '160000', content: '0123456789012345678901234567890123456789' },
      'pipe/file': 'x\n',
    });
    await scene.write('secret.env', 'A=secret-of-the-operator\n');
    await scene.write('lib/file', 'of the submodule\n');
    scene.shell('rm -r pipe; mkfifo pipe');
    await scene.write('note', 'note\n');
    expect((await scene.build()).changes()).toEqual(['A 100644 note']);
  });

  test('follows the commit that was pushed last, and ignores what the agent did to its own history', async () => {
    const scene = await setScene({ 'a.txt': 'a\n' });
    await scene.write('a.txt', 'b\n');
    const first = await scene.build();
    // The commit is on the server by now.
    await scene.origin.git(
      'fetch',
      '-q',
      '--update-shallow',
      first.git('rev-parse', '--absolute-git-dir').trim(),
      `${first.commit}:refs/heads/baton/x`,
    );
    expect((await scene.build({ parent: first.commit ?? '' })).commit).toBeNull();
    scene.shell(
      'git config user.name x; git config user.email x@y; git checkout -q --orphan other; git add -A; git commit -qm rewritten; git branch -D main; echo c > c.txt; git add c.txt; rm -rf .git/refs/remotes',
    );
    const second = await scene.build({ parent: first.commit ?? '' });
    expect(second.changes()).toEqual(['A 100644 c.txt']);
    expect(second.git('rev-list', '--count', second.commit ?? '').trim()).toBe('3');
  });
});
