// Facts about git and ssh that sessions from repositories rely on (apps/worker/src/repository).
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type GitServer, startGitServer } from '../support/git-server/git-server.ts';
import { testGitEnv } from '../support/git-server/repositories.ts';

let server: GitServer;
let folder: string;

beforeAll(async () => {
  server = await startGitServer();
  folder = await mkdtemp(join(tmpdir(), 'baton-git-'));
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function git(args: readonly string[], env: Record<string, string> = {}) {
  const { all, failed, stdout } = await execa('git', args, {
    cwd: folder,
    env: { ...testGitEnv, GIT_TERMINAL_PROMPT: '0', ...env },
    extendEnv: false,
    stdin: 'ignore',
    all: true,
    reject: false,
  });
  return { failed, said: all, stdout };
}

const trusting = () => ['-c', `http.sslCAInfo=${server.caFile}`];

describe('git over https', () => {
  test('http.curloptResolve decides the address of a host name, and the certificate is checked for the name', async () => {
    const repository = await server.create('pinned');
    const commit = await repository.commit({ 'a.txt': 'a' });
    const url = server.httpsUrl('pinned', 'git.example.com');
    const pin = ['-c', `http.curloptResolve=git.example.com:${server.https.port}:127.0.0.1`];
    const pinned = await git([...trusting(), ...pin, 'ls-remote', url, 'HEAD']);
    expect(pinned.stdout).toBe(`${commit}\tHEAD`);
    const untrusted = await git([...pin, 'ls-remote', url, 'HEAD']);
    expect(untrusted.said).toMatch(/certificate/i);
  });

  test('http.followRedirects=false makes every redirect an error', async () => {
    await (await server.create('target')).commit({ a: 'a' });
    server.https.intercept((request, response) => {
      if (!request.url?.startsWith('/moved.git/')) return false;
      response.writeHead(302, { location: request.url.replace('moved', 'target') }).end();
      return true;
    });
    onTestFinished(() => server.https.intercept(undefined));
    const url = server.httpsUrl('moved');
    const followed = await git([...trusting(), 'ls-remote', url]);
    expect(followed.failed).toBe(false);
    const refused = await git([
      ...trusting(),
      '-c',
      'http.followRedirects=false',
      'ls-remote',
      url,
    ]);
    expect(refused.said).toMatch(/requested URL returned error: 302/);
  });

  test('GIT_ASKPASS is asked for the user name and the password, and git says when they are wrong', async () => {
    await (await server.create('private')).commit({ a: 'a' });
    server.https.setUser({ username: 'me', password: 'pass-word' });
    onTestFinished(() => server.https.setUser(undefined));
    const script = join(folder, 'askpass');
    const answer = async (password: string) => {
      await writeFile(
        script,
        `#!/bin/sh\ncase "$1" in Username*) echo me;; *) echo ${password};; esac\n`,
        { mode: 0o700 },
      );
      return git([...trusting(), 'ls-remote', server.httpsUrl('private')], { GIT_ASKPASS: script });
    };
    expect((await answer('pass-word')).failed).toBe(false);
    expect((await answer('wrong')).said).toMatch(/Authentication failed/);
    const unasked = await git([...trusting(), 'ls-remote', server.httpsUrl('private')]);
    expect(unasked.said).toMatch(/could not read Username/);
  });

  test('a credential helper of one server is asked for that server, and for no other', async () => {
    await (await server.create('helped')).commit({ a: 'a' });
    server.https.setUser({ username: 'me', password: 'pass-word' });
    onTestFinished(() => server.https.setUser(undefined));
    const file = join(folder, 'credentials');
    await writeFile(file, 'username=me\npassword=pass-word\n', { mode: 0o600 });
    const ask = (host: string) =>
      git([
        ...trusting(),
        '-c',
        'credential.helper=',
        '-c',
        `credential.https://${host}:${server.https.port}.helper=!f() { cat '${file}'; }; f`,
        'ls-remote',
        server.httpsUrl('helped'),
      ]);
    expect((await ask('127.0.0.1')).failed).toBe(false);
    expect((await ask('localhost')).said).toMatch(/could not read Username/);
  });

  test('a fetch by the id of a commit that a force-push removed works while the server has the commit', async () => {
    const repository = await server.create('forced');
    const first = await repository.commit({ a: 'a' });
    await repository.commit({ a: 'b' }, { isOrphan: true });
    await git(['init', '--quiet', '--bare', 'by-id']);
    const fetched = await git([
      '--git-dir=by-id',
      ...trusting(),
      'fetch',
      '--depth=1',
      server.httpsUrl('forced'),
      first,
    ]);
    expect(fetched).toMatchObject({ failed: false });
  });

  test('git says that it found no repository if the server answers 404', async () => {
    const found = await git([...trusting(), 'ls-remote', server.httpsUrl('absent')]);
    expect(found.said).toMatch(/repository '.*' not found/);
  });
});

describe('git over ssh', () => {
  test('ssh connects to HostName, and looks up the key of the server by HostKeyAlias', async () => {
    const repository = await server.create('by-ssh');
    const commit = await repository.commit({ a: 'a' });
    const [key, hosts] = [join(folder, 'key'), join(folder, 'hosts')];
    await writeFile(key, server.ssh.userKey, { mode: 0o600 });
    await writeFile(hosts, server.ssh.knownHosts('git.example.com'));
    const options = [
      '-F none',
      `-i ${key}`,
      '-o IdentitiesOnly=yes',
      '-o StrictHostKeyChecking=yes',
      `-o UserKnownHostsFile=${hosts}`,
      '-o HostName=127.0.0.1',
      `-o HostKeyAlias=[git.example.com]:${server.ssh.port}`,
    ];
    const url = server.sshUrl('by-ssh', 'git.example.com');
    const found = await git(['ls-remote', url, 'HEAD'], {
      GIT_SSH_COMMAND: `ssh ${options.join(' ')}`,
      GIT_SSH_VARIANT: 'ssh',
    });
    expect(found).toMatchObject({ stdout: `${commit}\tHEAD` });
    await writeFile(hosts, server.ssh.knownHosts('other.example.com'));
    const unknown = await git(['ls-remote', url], {
      GIT_SSH_COMMAND: `ssh ${options.join(' ')}`,
      GIT_SSH_VARIANT: 'ssh',
    });
    expect(unknown.said).toMatch(/Host key verification failed/);
  });
});
