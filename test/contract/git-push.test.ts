// Facts about git that pushes of sessions rely on (apps/worker/src/push).
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GitServer, startGitServer } from '../support/git-server/git-server.ts';
import { testGitEnv } from '../support/git-server/repositories.ts';

let server: GitServer;
let folder: string;

beforeAll(async () => {
  server = await startGitServer();
  folder = await mkdtemp(join(tmpdir(), 'baton-git-push-'));
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function git(cwd: string, args: readonly string[], env: Record<string, string> = {}) {
  const { all, failed, stdout } = await execa('git', args, {
    cwd,
    env: { ...testGitEnv, ...env },
    extendEnv: false,
    stdin: 'ignore',
    all: true,
    reject: false,
  });
  return { failed, said: all, stdout };
}

const write = ['-c', 'user.name=a', '-c', 'user.email=a@b'];

test('a push from a shallow repository succeeds, a second one is up to date whatever its lease says, and a lease that is stale is said on stderr', async () => {
  const origin = await server.create('shallow');
  await origin.commit({ a: 'a' });
  const base = await origin.commit({ a: 'b' });
  const url = server.httpsUrl('shallow');
  const trust = ['-c', `http.sslCAInfo=${server.caFile}`];
  const bare = join(folder, 'shallow');
  await git(folder, ['init', '-q', '--bare', bare]);
  await git(bare, [...trust, 'fetch', '-q', '--depth=1', url, base]);
  const made = await git(bare, [...write, 'commit-tree', '-p', base, '-m', 'x', `${base}^{tree}`]);
  const push = (lease: string, commit = made.stdout) =>
    git(bare, [
      ...trust,
      '-c',
      'push.negotiate=true',
      'push',
      '--no-verify',
      `--force-with-lease=refs/heads/b:${lease}`,
      url,
      `${commit}:refs/heads/b`,
    ]);
  expect(await push('')).toMatchObject({ failed: false });
  expect(await push('')).toMatchObject({ failed: false });
  expect(await origin.git('rev-parse', 'b')).toBe(made.stdout);
  const stale = await push('', base);
  expect(stale.failed).toBe(true);
  expect(stale.said).toMatch(/^ ! \[rejected\] +[0-9a-f]{40} -> b \(stale info\)$/m);
});

test('a server takes a commit on a shallow base that none of its branches has only with all history', async () => {
  const origin = await server.create('forced');
  await origin.commit({ a: 'a' });
  const base = await origin.commit({ a: 'b' });
  const url = server.httpsUrl('forced');
  const trust = ['-c', `http.sslCAInfo=${server.caFile}`];
  const bare = join(folder, 'forced');
  await git(folder, ['init', '-q', '--bare', bare]);
  await git(bare, [...trust, 'fetch', '-q', '--depth=1', url, base]);
  const made = await git(bare, [...write, 'commit-tree', '-p', base, '-m', 'x', `${base}^{tree}`]);
  await origin.commit({ other: 'other' }, { isOrphan: true });
  const push = ['push', '--no-verify', url, `${made.stdout}:refs/heads/b`];
  const refused = await git(bare, [...trust, ...push]);
  expect(refused.failed).toBe(true);
  expect(refused.said).toMatch(/ -> b \(shallow update not allowed\)$/m);
  await git(bare, [...trust, 'fetch', '-q', '--unshallow', url, base]);
  expect(await git(bare, [...trust, ...push])).toMatchObject({ failed: false });
  expect(await origin.git('rev-list', '--count', 'b')).toBe('3');
});

test('with an empty working tree, checkout-index and update-index take attributes from the index, and update-index refuses bytes that have no valid encoding', async () => {
  const bare = join(folder, 'attributes');
  const tree = join(folder, 'tree');
  await git(folder, ['init', '-q', '--bare', bare]);
  await mkdir(tree);
  const files = {
    '.gitattributes': '*.txt text eol=crlf\n*.u16 working-tree-encoding=UTF-16LE\n',
    'a.txt': 'one\n',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(tree, name), text);
  const env = { GIT_DIR: bare, GIT_WORK_TREE: tree, GIT_INDEX_FILE: join(folder, 'index') };
  await git(tree, ['add', '-A'], env);
  const empty = join(folder, 'empty');
  await mkdir(empty);
  const there = { ...env, GIT_WORK_TREE: empty };
  await git(empty, ['checkout-index', `--prefix=${empty}/`, 'a.txt'], there);
  expect(await readFile(join(empty, 'a.txt'), 'utf8')).toBe('one\r\n');
  await writeFile(join(empty, 'a.txt'), 'two\r\n');
  await git(empty, ['update-index', '--add', 'a.txt'], there);
  const { stdout } = await git(empty, ['cat-file', 'blob', ':a.txt'], there);
  expect(stdout).toBe('two');
  await writeFile(join(empty, 'b.u16'), Buffer.from([0x00, 0xd8, 0x00]));
  const refused = await git(empty, ['update-index', '--add', 'b.u16'], there);
  expect(refused.failed).toBe(true);
});
