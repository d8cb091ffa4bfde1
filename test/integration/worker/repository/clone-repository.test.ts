import { chmod, mkdir, readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { snapshotTree } from '../../../support/tree-snapshot.ts';
import { findText, gitIn, openRepositoryScene, type RepositoryScene } from './repository-scene.ts';

let scene: RepositoryScene;

beforeAll(async () => {
  scene = await openRepositoryScene();
});

afterAll(() => scene.close());

/** Returns the files of a clone, without its `.git`. */
async function filesOf(target: string): Promise<Record<string, string>> {
  const all = await snapshotTree(target);
  return Object.fromEntries(
    Object.entries(all).filter(([path]) => !/(^|\/)\.git(\/|$)/.test(path)),
  );
}

async function threeCommits(name: string) {
  const repository = await scene.server.create(name);
  const commits = [];
  for (const text of ['one', 'two', 'three']) {
    commits.push(await repository.commit({ 'a.txt': text, 'sub/b.txt': 'b' }));
  }
  return { repository, commits, url: scene.server.httpsUrl(name) };
}

describe('a clone', () => {
  test('has the default branch, checked out and tracking, with one commit of history', async () => {
    const { commits, url } = await threeCommits('plain');
    const { base, target } = await scene.clone({ url });
    expect(base).toEqual({ url, ref: 'main', commit: commits[2] });
    expect(await filesOf(target)).toMatchObject({ 'a.txt': '644 three', 'sub/b.txt': '644 b' });
    expect(await gitIn(target, 'log', '--format=%H')).toBe(commits[2]);
    expect(await gitIn(target, 'status', '--porcelain', '--branch')).toBe('## main...origin/main');
    expect(await gitIn(target, 'remote', 'get-url', 'origin')).toBe(url);
    expect(await gitIn(target, 'fsck', '--strict')).toBe('');
  });

  test.each<[number, number]>([
    [2, 2],
    [0, 3],
  ])('has the history that depth %i asks for', async (depth, expected) => {
    const { url } = await threeCommits(`depth-${depth}`);
    const { target } = await scene.clone({ url, depth });
    expect((await gitIn(target, 'log', '--format=%H')).split('\n')).toHaveLength(expected);
  });

  test('begins from the branch, the tag or the commit that ref names', async () => {
    const { repository, commits, url } = await threeCommits('refs');
    const other = await repository.commit({ 'c.txt': 'c' }, { branch: 'feature/x' });
    await repository.git('tag', 'v1', commits[0] ?? '');
    await repository.git(
      '-c',
      'user.name=T',
      '-c',
      'user.email=t@example.com',
      'tag',
      '-a',
      '-m',
      'x',
      'v2',
      commits[1] ?? '',
    );
    const branch = await scene.clone({ url, ref: 'feature/x' });
    expect(branch.base).toMatchObject({ ref: 'feature/x', commit: other });
    expect(await gitIn(branch.target, 'symbolic-ref', '--short', 'HEAD')).toBe('feature/x');
    for (const [ref, commit] of [
      ['v1', commits[0]],
      ['v2', commits[1]],
      [commits[0] ?? '', commits[0]],
    ] as const) {
      const { base, target } = await scene.clone({ url, ref });
      expect(base).toMatchObject({ ref, commit });
      expect(await gitIn(target, 'rev-parse', 'HEAD')).toBe(commit);
    }
  });

  test('begins from the pinned commit after a force-push, and from its mirror alone if the server has lost the commit', async () => {
    const { repository, commits, url } = await threeCommits('pinned');
    const { base } = await scene.clone({ url });
    await repository.commit({ other: 'x' }, { isOrphan: true });
    await repository.git('reflog', 'expire', '--expire=now', '--all');
    await repository.git('gc', '--quiet', '--prune=now');
    const again = await scene.clone({ url }, { base });
    expect(again.base).toEqual(base);
    expect(await gitIn(again.target, 'rev-parse', 'HEAD')).toBe(commits[2]);
    const elsewhere = await scene.folder();
    await expect(scene.clone({ url }, { base }, { workRoot: elsewhere })).rejects.toMatchObject({
      code: 'REF_NOT_FOUND',
    });
  });

  test('shares no file with the mirror', async () => {
    const { url } = await threeCommits('apart');
    const { target } = await scene.clone({ url });
    const packs = join(target, '.git/objects/pack');
    const links = await Promise.all(
      (await readdir(packs)).map(async (name) => (await stat(join(packs, name))).nlink),
    );
    expect(new Set(links)).toEqual(new Set([1]));
    expect(await readdir(join(target, '.git/objects/info')).catch(() => [])).toEqual([]);
  });

  test('fetches from the server only what the mirror lacks', async () => {
    const { repository, url } = await threeCommits('warm');
    await scene.clone({ url });
    const { seen } = scene.server.https;
    const posts = () =>
      seen.filter(({ url: path, method }) => method === 'POST' && path.startsWith('/warm.git'))
        .length;
    const before = posts();
    await scene.clone({ url });
    // The one request lists the refs.
    expect(posts() - before).toBe(1);
    await repository.commit({ 'a.txt': 'four' });
    const { target } = await scene.clone({ url });
    expect(await readFile(join(target, 'a.txt'), 'utf8')).toBe('four');
  });

  test('begins from the newest commit of its branch, also after sessions that began from an older one', async () => {
    const { repository, commits, url } = await threeCommits('newer');
    for (let time = 0; time < 2; time += 1) {
      const { base } = await scene.clone({ url });
      expect(base.commit).toBe(commits[2]);
    }
    const newest = await repository.commit({ 'a.txt': 'four', 'd.txt': 'd' });
    const { base, target } = await scene.clone({ url });
    expect(base).toEqual({ url, ref: 'main', commit: newest });
    expect(await filesOf(target)).toMatchObject({ 'a.txt': '644 four', 'd.txt': '644 d' });
    expect(await gitIn(target, 'log', '--format=%H')).toBe(newest);
    expect(await gitIn(target, 'status', '--porcelain', '--branch')).toBe('## main...origin/main');
    expect(await gitIn(target, 'fsck', '--strict')).toBe('');
  });

  test('leaves nothing in its directory if the server refuses a session for whose commit it has a mirror', async () => {
    const { url } = await threeCommits('refused');
    const password = 'the-password-of-the-session';
    scene.server.https.setUser({ username: 'u', password });
    onTestFinished(() => scene.server.https.setUser(undefined));
    await scene.clone({ url, credentials: { username: 'u', password } });
    const target = join(await scene.folder(), 'clone');
    await expect(scene.clone({ url }, { target })).rejects.toMatchObject({
      code: 'REPOSITORY_AUTH',
    });
    expect(await readdir(target)).toEqual([]);
  });

  test('works over ssh, with the key and the known hosts of the session', async () => {
    const { commits } = await threeCommits('by-ssh');
    const url = scene.server.sshUrl('by-ssh', 'git.example.com');
    const credentials = {
      ssh_key: scene.server.ssh.userKey,
      ssh_known_hosts: scene.server.ssh.knownHosts('git.example.com'),
    };
    const { base } = await scene.clone({ url, credentials });
    expect(base.commit).toBe(commits[2]);
  });

  test('uses the credentials of the operator for the host, if the session has none', async () => {
    const { url } = await threeCommits('operators');
    scene.server.https.setUser({ username: 'op', password: 'the-password-of-the-operator' });
    onTestFinished(() => scene.server.https.setUser(undefined));
    const operatorCredentials = {
      '127.0.0.1': { username: 'op', password: 'the-password-of-the-operator' },
    };
    await expect(scene.clone({ url }, {}, { operatorCredentials })).resolves.toBeDefined();
    const other = { 'other.example.com': operatorCredentials['127.0.0.1'] };
    await expect(scene.clone({ url }, {}, { operatorCredentials: other })).rejects.toMatchObject({
      code: 'REPOSITORY_AUTH',
    });
  });

  test('leaves no credentials anywhere on the disk', async () => {
    const { url } = await threeCommits('secret');
    const password = 'a-password-that-is-nowhere';
    scene.server.https.setUser({ username: 'me', password });
    onTestFinished(() => scene.server.https.setUser(undefined));
    const files = await scene.folder();
    const { target } = await scene.clone(
      { url, credentials: { username: 'me', password } },
      { dirs: { files } },
    );
    expect(await readdir(files)).toEqual([]);
    expect(await findText(target, password)).toEqual([]);
    expect(await findText(scene.deps.workRoot, password)).toEqual([]);
    expect(scene.server.https.seen.some(({ url: path }) => path.includes(password))).toBe(false);
  });

  test('hands no credentials to git in arguments or variables', async () => {
    const { url } = await threeCommits('arguments');
    const password = 'a-password-in-no-argument';
    scene.server.https.setUser({ username: 'me', password });
    onTestFinished(() => scene.server.https.setUser(undefined));
    const bin = await scene.folder();
    const log = join(bin, 'log');
    const git = join(await gitIn(bin, '--exec-path'), 'git');
    const spy = `#!/bin/sh\nprintf '%s\\n' "$@" >> '${log}'\nenv >> '${log}'\nexec '${git}' "$@"\n`;
    await writeFile(join(bin, 'git'), spy, { mode: 0o755 });
    const path = `${bin}:${scene.deps.git.path}`;
    await scene.clone(
      { url, credentials: { username: 'me', password } },
      {},
      { git: { ...scene.deps.git, path } },
    );
    const seen = await readFile(log, 'utf8');
    expect(seen).toContain('ls-remote');
    expect(seen).not.toContain(password);
  });

  test('has its submodules, each from its own mirror, with a path that works', async () => {
    const inner = await scene.server.create('inner');
    const innerCommit = await inner.commit({ 'inner.txt': 'i' });
    const outer = await scene.server.create('outer');
    await outer.commit({
      '.gitmodules': '[submodule "in"]\n\tpath = libs/in\n\turl = ../inner.git\n',
      'libs/in': { mode: '160000', content: innerCommit },
    });
    const url = scene.server.httpsUrl('outer');
    const { target } = await scene.clone({ url, submodules: true });
    expect(await filesOf(target)).toMatchObject({ 'libs/in/inner.txt': '644 i' });
    expect(await gitIn(target, 'status', '--porcelain')).toBe('');
    expect(await gitIn(target, 'submodule', 'status')).toMatch(innerCommit);
    const without = await scene.clone({ url });
    expect(await readdir(join(without.target, 'libs/in'))).toEqual([]);
  });
});

describe('a clone is refused', () => {
  test.each<[string, (url: string) => { url: string; ref?: string }, string]>([
    [
      'no such repository',
      (url) => ({ url: url.replace('codes', 'absent') }),
      'REPOSITORY_NOT_FOUND',
    ],
    ['no such ref', (url) => ({ url, ref: 'absent' }), 'REF_NOT_FOUND'],
    ['no such commit', (url) => ({ url, ref: 'a'.repeat(40) }), 'REF_NOT_FOUND'],
    [
      'no server at the port',
      () => ({ url: 'https://127.0.0.1:1/x.git' }),
      'REPOSITORY_UNAVAILABLE',
    ],
  ])('with its code if there is %s', async (_what, change, code) => {
    const { url } = await threeCommits('codes');
    await expect(scene.clone(change(url))).rejects.toMatchObject({ code });
  });

  test('with REF_NOT_FOUND if the repository has no commit', async () => {
    await scene.server.create('empty');
    await expect(scene.clone({ url: scene.server.httpsUrl('empty') })).rejects.toMatchObject({
      code: 'REF_NOT_FOUND',
    });
  });

  test.each<[string, RepositoryCredentialsOf]>([
    ['no password', () => undefined],
    ['a wrong password', () => ({ username: 'me', password: 'a-wrong-password' })],
  ])(
    'with REPOSITORY_AUTH for %s, and the message does not show it',
    async (_what, credentials) => {
      const { url } = await threeCommits('auth');
      scene.server.https.setUser({ username: 'me', password: 'right' });
      onTestFinished(() => scene.server.https.setUser(undefined));
      const refused = scene.clone({ url, credentials: credentials() });
      await expect(refused).rejects.toMatchObject({
        code: 'REPOSITORY_AUTH',
        message: expect.not.stringContaining('a-wrong-password'),
      });
    },
  );

  test.each([
    ['no key', { known: true, key: false }],
    ['a server whose key is not known', { known: false, key: true }],
  ])('with REPOSITORY_AUTH over ssh for %s', async (_what, { known, key }) => {
    await threeCommits('ssh-auth');
    const { ssh } = scene.server;
    const url = scene.server.sshUrl('ssh-auth', 'git.example.com');
    const credentials = {
      ...(key ? { ssh_key: ssh.userKey } : { ssh_key: 'no key' }),
      ssh_known_hosts: known ? ssh.knownHosts('git.example.com') : ssh.knownHosts('other'),
    };
    await expect(scene.clone({ url, credentials })).rejects.toMatchObject({
      code: 'REPOSITORY_AUTH',
    });
  });

  test('with REPOSITORY_NOT_ALLOWED if the server redirects, and nobody follows', async () => {
    const { url } = await threeCommits('redirected');
    const paths: string[] = [];
    scene.server.https.intercept((request, response) => {
      paths.push(request.url ?? '');
      response.writeHead(302, { location: `https://127.0.0.1:${scene.server.https.port}/private` });
      response.end();
      return true;
    });
    onTestFinished(() => scene.server.https.intercept(undefined));
    await expect(scene.clone({ url })).rejects.toMatchObject({ code: 'REPOSITORY_NOT_ALLOWED' });
    expect(paths).toHaveLength(1);
  });

  test.each(['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1', '::ffff:127.0.0.1', 'fd00::1'])(
    'with REPOSITORY_NOT_ALLOWED if the name of the host has the address %s',
    async (address) => {
      await threeCommits('private');
      const url = scene.server.httpsUrl('private', 'git.example.com');
      const policy = { gitUrls: 'any' as const, gitAddresses: [] };
      const before = scene.server.https.seen.length;
      await expect(
        scene.clone({ url }, {}, { policy, lookup: async () => [address] }),
      ).rejects.toMatchObject({ code: 'REPOSITORY_NOT_ALLOWED' });
      expect(scene.server.https.seen).toHaveLength(before);
    },
  );

  test('with REPOSITORY_UNAVAILABLE if the server breaks off in the middle', async () => {
    const { url } = await threeCommits('broken');
    scene.server.https.intercept((request, response) => {
      if (request.method !== 'POST') return false;
      response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-result' });
      response.write('0');
      response.destroy();
      return true;
    });
    onTestFinished(() => scene.server.https.intercept(undefined));
    await expect(scene.clone({ url })).rejects.toMatchObject({ code: 'REPOSITORY_UNAVAILABLE' });
    scene.server.https.intercept(undefined);
    await expect(scene.clone({ url })).resolves.toBeDefined();
  });

  test('with WORKSPACE_TOO_LARGE if the files of the commit exceed the bound', async () => {
    const repository = await scene.server.create('large');
    await repository.commit({ zeros: '0'.repeat(100_000) });
    const url = scene.server.httpsUrl('large');
    const small = { bounds: { maxBytes: 50_000, maxFiles: 10 } };
    await expect(scene.clone({ url }, {}, small)).rejects.toMatchObject({
      code: 'WORKSPACE_TOO_LARGE',
    });
    const few = { bounds: { maxBytes: 200_000, maxFiles: 0 } };
    await expect(scene.clone({ url }, {}, few)).rejects.toMatchObject({
      code: 'WORKSPACE_TOO_LARGE',
    });
  });

  test('at once with the reason of its signal, and a server that hangs keeps nothing', async () => {
    const { url } = await threeCommits('hangs');
    const stop = new AbortController();
    const reason = new Error('cancelled');
    scene.server.https.intercept(() => {
      stop.abort(reason);
      return true;
    });
    onTestFinished(() => scene.server.https.intercept(undefined));
    await expect(scene.clone({ url }, { signal: stop.signal })).rejects.toBe(reason);
    scene.server.https.intercept(undefined);
    await expect(scene.clone({ url })).resolves.toBeDefined();
  });

  test('with REPOSITORY_UNAVAILABLE if git takes longer than allowed', async () => {
    const { url } = await threeCommits('slow');
    scene.server.https.intercept(() => true);
    onTestFinished(() => scene.server.https.intercept(undefined));
    const git = { ...scene.deps.git, timeoutMs: 300 };
    await expect(scene.clone({ url }, {}, { git })).rejects.toMatchObject({
      code: 'REPOSITORY_UNAVAILABLE',
    });
  });
});

type RepositoryCredentialsOf = () => { username: string; password: string } | undefined;

describe('nothing of a hostile repository runs', () => {
  test('filters, hooks, monitors and includes do nothing', async () => {
    const mark = join(await scene.folder(), 'ran');
    const repository = await scene.server.create('hostile');
    await repository.commit({
      '.gitattributes': '* filter=evil diff=evil merge=evil text eol=lf\n',
      '.gitconfig': `[filter "evil"]\n\tsmudge = touch ${mark}\n\trequired = true\n[core]\n\tfsmonitor = touch ${mark}\n`,
      '.git-hooks/post-checkout': { mode: '100755', content: `#!/bin/sh\ntouch ${mark}\n` },
      'hooks/post-checkout': { mode: '100755', content: `#!/bin/sh\ntouch ${mark}\n` },
      config: `[core]\n\tsshCommand = touch ${mark}\n`,
      HEAD: 'ref: refs/heads/main\n',
    });
    // Hooks of the mirror, as an agent of the same user could leave them.
    const url = scene.server.httpsUrl('hostile');
    await scene.clone({ url });
    const [mirror] = (await readdir(join(scene.deps.workRoot, '.repositories'))).filter(
      (name) => !name.includes('.'),
    );
    const gitDir = join(scene.deps.workRoot, '.repositories', mirror ?? '', 'git');
    await mkdir(join(gitDir, 'hooks'));
    for (const name of ['post-checkout', 'reference-transaction', 'pre-auto-gc']) {
      await writeFile(join(gitDir, 'hooks', name), `#!/bin/sh\ntouch ${mark}\n`);
      await chmod(join(gitDir, 'hooks', name), 0o755);
    }
    await writeFile(
      join(gitDir, 'config'),
      `[core]\n\tbare = true\n\tfsmonitor = touch ${mark}\n\tsshCommand = touch ${mark}\n[uploadpack]\n\tpackObjectsHook = touch ${mark}\n`,
    );
    await repository.commit({ more: 'x' });
    const { target } = await scene.clone({ url });
    expect(await readdir(target)).toContain('more');
    await expect(stat(mark)).rejects.toThrow('ENOENT');
  });

  test('symlinks stay symlinks, and nothing is written through them', async () => {
    const outside = await scene.folder();
    const repository = await scene.server.create('links');
    await repository.commit({
      out: { mode: '120000', content: outside },
      passwd: { mode: '120000', content: '/etc/passwd' },
    });
    const { target } = await scene.clone({ url: scene.server.httpsUrl('links') });
    expect(await readlink(join(target, 'out'))).toBe(outside);
    expect(await readdir(outside)).toEqual([]);
  });

  test.each([
    ['.git', { '.git/config': '[core]\n\tfsmonitor = false\n' }],
    ['.GIT', { '.GIT/hooks/post-checkout': '#!/bin/sh\n' }],
    ['git~1', { 'git~1/config': 'x' }],
    ['..', { 'a/../../x': 'x' }],
  ])('a path with %s is refused', async (name, files) => {
    const repository = await scene.server.create(`path-${name.length}-${name.charCodeAt(1)}`);
    const made = await repository.commit({ ...files, fine: 'x' }).catch(() => null);
    if (made === null) return; // this git does not even write such a tree
    const url = scene.server.httpsUrl(`path-${name.length}-${name.charCodeAt(1)}`);
    await expect(scene.clone({ url })).rejects.toMatchObject({ code: 'REPOSITORY_NOT_ALLOWED' });
  });

  test('a name that is too long for a file system is refused', async () => {
    const repository = await scene.server.create('long');
    await repository.commit({ [`${'n'.repeat(300)}`]: 'x' });
    await expect(scene.clone({ url: scene.server.httpsUrl('long') })).rejects.toMatchObject({
      code: 'REPOSITORY_NOT_ALLOWED',
    });
  });

  test.each([
    ['ext::', 'ext::sh -c touch%20/tmp/ran'],
    ['file://', 'file:///etc'],
    ['a local path', '/etc'],
    ['http://', 'http://127.0.0.1/x'],
    ['an option', '--upload-pack=touch /tmp/ran'],
    ['an option in place of a host', 'ssh://-oProxyCommand=touch/x'],
    ['a password', 'https://user:secret@127.0.0.1/x'],
    ['too many steps upwards', '../../../../x'],
  ])('a submodule with %s is refused', async (_what, submoduleUrl) => {
    const repository = await scene.server.create('modules');
    await repository.commit(
      {
        '.gitmodules': `[submodule "x"]\n\tpath = x\n\turl = ${JSON.stringify(submoduleUrl)}\n`,
        x: { mode: '160000', content: 'a'.repeat(40) },
      },
      { isOrphan: true },
    );
    await expect(
      scene.clone({ url: scene.server.httpsUrl('modules'), submodules: true }),
    ).rejects.toMatchObject({
      code: 'REPOSITORY_NOT_ALLOWED',
      details: { field: 'workspace.submodules' },
    });
  });

  test('submodules that name each other without end are refused', async () => {
    const repository = await scene.server.create('endless');
    const inner = await repository.commit({ a: 'a' });
    // The commit of the submodule is a commit of the same repository that has the submodule again.
    let commit = inner;
    for (let level = 0; level < 12; level += 1) {
      commit = await repository.commit({
        '.gitmodules': '[submodule "x"]\n\tpath = x\n\turl = ./../endless.git\n',
        x: { mode: '160000', content: commit },
      });
    }
    await expect(
      scene.clone({ url: scene.server.httpsUrl('endless'), submodules: true }),
    ).rejects.toMatchObject({ code: 'REPOSITORY_NOT_ALLOWED' });
  });

  test('the credentials of the session do not go to the server of a submodule', async () => {
    const inner = await scene.server.create('their-inner');
    const commit = await inner.commit({ a: 'a' });
    const outer = await scene.server.create('their-outer');
    await outer.commit({
      '.gitmodules': `[submodule "x"]\n\tpath = x\n\turl = ${scene.server.httpsUrl('their-inner', 'localhost')}\n`,
      x: { mode: '160000', content: commit },
    });
    const password = 'the-password-of-the-session';
    scene.server.https.setUser({ username: 'me', password });
    onTestFinished(() => scene.server.https.setUser(undefined));
    const before = scene.server.https.seen.length;
    await expect(
      scene.clone({
        url: scene.server.httpsUrl('their-outer'),
        submodules: true,
        credentials: { username: 'me', password },
      }),
    ).rejects.toMatchObject({ code: 'REPOSITORY_AUTH' });
    const seen = scene.server.https.seen.slice(before);
    const given = seen.filter(({ authorization }) => authorization !== undefined);
    expect(given.every(({ url }) => url.startsWith('/their-outer.git'))).toBe(true);
    expect(given).not.toEqual([]);
  });
});
