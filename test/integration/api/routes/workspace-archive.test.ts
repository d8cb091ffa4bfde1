import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { lstatSync, mkdtempSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { captureNothing } from '@baton/core/internal';
import { extract } from 'tar-stream';
import { describe, expect, onTestFinished } from 'vitest';
import type { Api } from '../../../support/api.ts';
import { workspaceWith } from '../../../support/capturing.ts';
import { makeCompletedSession } from '../../../support/factories.ts';
import { snapshotTree } from '../../../support/tree-snapshot.ts';
import { untilPasses } from '../../../support/wait.ts';
import { storeCaptured, test, write, writeEveryKind } from './workspace-scene.ts';

/** Extracts an archive as a caller does. */
function unpack(archive: Buffer): string {
  const folder = mkdtempSync(join(tmpdir(), 'baton-unpacked-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  execFileSync('tar', ['-xzpf', '-'], { cwd: folder, input: archive });
  return folder;
}

async function namesIn(archive: Buffer): Promise<string[]> {
  const names: string[] = [];
  const reading = extract();
  reading.end(gunzipSync(archive));
  for await (const entry of reading) {
    names.push(entry.header.name);
    entry.resume();
  }
  return names;
}

describe('GET /v1/sessions/:id/workspace.tar.gz', () => {
  test('extracts to the files with their modes, symlinks and empty directories', async ({
    api,
    workspace,
  }) => {
    writeEveryKind(workspace.tree);
    const { id } = await storeCaptured(api, workspace);
    const answer = await api.app.inject({ url: `/v1/sessions/${id}/workspace.tar.gz` });
    expect(answer.statusCode, answer.body.slice(0, 200)).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/gzip',
      'content-disposition': expect.stringContaining(`attachment; filename="${id}.tar.gz"`),
      'x-content-type-options': 'nosniff',
      'content-security-policy': 'sandbox',
    });
    const folder = unpack(answer.rawPayload);
    rmSync(join(workspace.tree, 'repo/.git'), { recursive: true });
    rmSync(join(workspace.tree, 'repo/left'), { recursive: true });
    expect(await snapshotTree(folder)).toEqual(await snapshotTree(workspace.tree));
    expect(statSync(join(folder, 'src/run.sh')).mode & 0o777).toBe(0o755);
    expect(readlinkSync(join(folder, 'src/link'))).toBe('../a.txt');
    expect(lstatSync(join(folder, 'empty/inner')).isDirectory()).toBe(true);
  });

  test('has a repository that works if git directories are asked for', async ({
    api,
    workspace,
  }) => {
    const { tree } = workspace;
    const git = (cwd: string, ...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@localhost', ...args], { cwd });
    git(tree, 'init', '-q');
    write(tree, { 'a.txt': 'one\n' });
    git(tree, 'add', '-A');
    git(tree, 'commit', '-qm', 'first');
    const { id } = await storeCaptured(api, workspace);
    const url = `/v1/sessions/${id}/workspace.tar.gz`;
    const folder = unpack((await api.app.inject({ url: `${url}?git=true` })).rawPayload);
    expect(git(folder, 'log', '--format=%s').toString()).toBe('first\n');
    expect(git(folder, 'status', '--porcelain').toString()).toBe('');
    const names = await namesIn((await api.app.inject({ url })).rawPayload);
    expect(names).toEqual(['a.txt']);
  });

  test('has safe names only, whatever the names of the files are', async ({ api, workspace }) => {
    const names = ['-rf', '..x', 'new\nline', 'back\\slash', '<script>', '\xff', 'é'.repeat(60)];
    const long = `${'d'.repeat(120)}/${'f'.repeat(120)}`;
    write(workspace.tree, Object.fromEntries([...names, long].map((name) => [name, 'x'])));
    const { id } = await storeCaptured(api, workspace);
    const answer = await api.app.inject({ url: `/v1/sessions/${id}/workspace.tar.gz` });
    const found = await namesIn(answer.rawPayload);
    expect(found).toHaveLength(9);
    expect(found).toContain('%FF');
    expect(found).toContain(long);
    for (const name of found) {
      expect(name.startsWith('/')).toBe(false);
      expect(name.split('/')).not.toContain('..');
    }
  });

  test('is an archive without entries for an empty workspace', async ({ api }) => {
    const workspace = workspaceWith(captureNothing(new Date(), 1, []));
    const session = makeCompletedSession({ workspace });
    await api.stores.sessions.insertIfAbsent(session);
    const url = `/v1/sessions/${session.id}/workspace.tar.gz`;
    expect(await namesIn((await api.app.inject({ url })).rawPayload)).toEqual([]);
  });

  test('buffers little for a reader that reads nothing', async ({ api, workspace }) => {
    write(workspace.tree, { 'a.bin': randomBytes(16 * 1024 * 1024) });
    const { id } = await storeCaptured(api, workspace);
    const url = `${await listen(api)}/v1/sessions/${id}/workspace.tar.gz`;
    const accepted = once(api.app.server, 'connection');
    const response = await ask(url);
    const [socket] = (await accepted) as [Socket];
    response.pause();
    await untilPasses(() => expect(socket.writableLength).toBeGreaterThan(0));
    // Another download of everything gives the server time in which it could buffer too much.
    const whole = Buffer.concat(await (await ask(url)).toArray());
    expect(socket.writableLength).toBeLessThan(2 * 1024 * 1024);
    expect(Buffer.concat(await response.toArray())).toEqual(whole);
  });

  test('streams 10,000 files and large ones, and leaves nothing behind when its reader leaves', async ({
    api,
    workspace,
  }) => {
    const files = Array.from({ length: 10_000 }, (_, n) => [`d${n % 9}/f${n}`, `${n}`] as const);
    write(workspace.tree, Object.fromEntries(files));
    write(workspace.tree, { 'a.bin': randomBytes(20 * 1024 * 1024) });
    const { id } = await storeCaptured(api, workspace);
    const url = `${await listen(api)}/v1/sessions/${id}/workspace.tar.gz`;
    // More readers leave than may read at once: each has released its lease.
    for (let n = 0; n < 40; n += 1) {
      const leaving = await ask(url);
      await once(leaving, 'readable');
      leaving.destroy();
    }
    const pieces: Buffer[] = await (await ask(url)).toArray();
    expect(await namesIn(Buffer.concat(pieces))).toHaveLength(10_010);
  });
});

async function listen({ app }: Api): Promise<string> {
  if (!app.server.listening) await app.listen({ host: '127.0.0.1', port: 0 });
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
}

async function ask(url: string): Promise<IncomingMessage> {
  const [answer] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
  return answer;
}
