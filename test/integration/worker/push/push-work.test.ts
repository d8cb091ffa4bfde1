// Pushes of captured work to a git server over https and ssh.
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryOf } from '@baton/core/captures';
import { defined } from '@baton/core/internal';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  type CaptureCalls,
  createCaptureCalls,
} from '../../../../apps/worker/src/capture/capture-calls.ts';
import { openLocalGit } from '../../../../apps/worker/src/push/local-git.ts';
import type { PushState } from '../../../../apps/worker/src/push/plan-push.ts';
import {
  makePushRepository,
  takeObjects,
} from '../../../../apps/worker/src/push/push-repository.ts';
import { pushWork, type Work } from '../../../../apps/worker/src/push/push-work.ts';
import { openMirror } from '../../../../apps/worker/src/repository/mirror.ts';
import { openTransport } from '../../../../apps/worker/src/repository/transport.ts';
import { type GitServer, startGitServer } from '../../../support/git-server/git-server.ts';
import { type BareRepository, testGitEnv } from '../../../support/git-server/repositories.ts';
import { LOOPBACK_POLICY } from '../repository/repository-scene.ts';

const PATH = process.env['PATH'] ?? '';
const BRANCH = 'baton/work';

let server: GitServer;
let root: string;
let calls: CaptureCalls;
let count = 0;

beforeAll(async () => {
  server = await startGitServer();
  root = await mkdtemp(join(tmpdir(), 'baton-push-'));
  calls = createCaptureCalls({ path: PATH, timeoutMs: 60_000 });
});

afterAll(async () => {
  await server.close();
  await rm(root, { recursive: true, force: true });
});

interface Scene {
  name: string;
  tree: string;
  base: string;
  origin: BareRepository;
  /** What the conversation has stored. */
  stored: PushState | undefined;
  shell(script: string): void;
  /** Captures the tree and pushes it. What it returns is stored. */
  push(changes?: Partial<Work>): Promise<PushState | undefined>;
  branch(): Promise<string>;
  /** The subjects of the branch's commits, newest first. */
  log(): Promise<string[]>;
}

const SSH_HOST = 'git.example.com';

async function setScene(
  files: Record<string, string> = { 'a.txt': 'a\n' },
  { isOverSsh = false } = {},
): Promise<Scene> {
  count += 1;
  const name = `push-${count}`;
  const folder = join(root, name);
  await mkdir(folder);
  const origin = await server.create(name);
  await origin.commit({ 'older.txt': 'older\n' }, { message: 'Older' });
  const base = await origin.commit(files, { message: 'Base' });
  const tree = join(folder, 'tree');
  const shadow = join(folder, 'shadow');
  execFileSync('git', ['clone', '-q', '--depth=1', `file://${origin.path}`, tree], {
    env: testGitEnv,
    stdio: 'pipe',
  });
  const git = { path: PATH, marker: '', caFile: server.caFile, timeoutMs: 60_000 };
  const scene: Scene = {
    name,
    tree,
    base,
    origin,
    stored: undefined,
    shell: (script) => void execFileSync('sh', ['-ec', script], { cwd: tree, env: testGitEnv }),
    async push(changes = {}) {
      const result = await calls.capture({
        tree,
        shadow,
        base: null,
        previous: null,
        isMerged: false,
        isForced: true,
        include: [],
        secrets: [],
        maxBytes: 1e9,
        maxFiles: 1e6,
      });
      if (result.kind !== 'captured') throw new Error(`expected a capture, got ${result.kind}`);
      const dir = await makePushRepository(shadow, repositoryOf(shadow));
      const url = isOverSsh ? server.sshUrl(name, SSH_HOST) : server.httpsUrl(name);
      const credentials = {
        ssh_key: server.ssh.userKey,
        ssh_known_hosts: server.ssh.knownHosts(SSH_HOST),
      };
      const transport = openTransport({
        repository: { url, ...defined({ credentials: isOverSsh ? credentials : undefined }) },
        lookup: async () => ['127.0.0.1'],
        policy: LOOPBACK_POLICY,
        operatorCredentials: {},
        dirs: { files: join(folder, 'files') },
        git,
        field: 'workspace.push',
      });
      const state = await pushWork({
        git: openLocalGit(dir, { path: PATH, marker: '' }),
        transport,
        async bring(commit, history) {
          const depth = history === 'all' ? 0 : 1;
          const mirror = await openMirror({ workRoot: folder, url, depth, git });
          try {
            await mirror.fetch(transport, commit, { maxBytes: 1e9, field: 'workspace.push' });
            await takeObjects(dir, mirror.gitDir);
          } finally {
            await mirror.close();
          }
        },
        async store(next) {
          scene.stored = next;
        },
        now: async () => new Date(),
        mask: (text) => text.replaceAll('hidden', '******'),
        stored: scene.stored,
        base,
        branch: BRANCH,
        capture: result.commit,
        include: [],
        author: { name: 'Ann', email: 'ann@example.com' },
        message: 'The work\n',
        signal: new AbortController().signal,
        pausesMs: [1, 1],
        ...changes,
      });
      scene.stored = state;
      return state;
    },
    branch: () => origin.git('rev-parse', `refs/heads/${BRANCH}`),
    log: async () => (await origin.git('log', '--format=%s', BRANCH)).split('\n'),
  };
  return scene;
}

const isPush = (url: string | undefined) => url?.endsWith('/git-receive-pack') === true;

describe('a push', () => {
  test('adds one commit to the shallow base, and nothing if nothing changed', async () => {
    const scene = await setScene();
    expect(await scene.push()).toBeUndefined();
    scene.shell('echo b > a.txt; echo new > b.txt');
    const state = await scene.push();
    expect(state).toMatchObject({ branch: BRANCH, parent: scene.base });
    expect(state?.pushed_at).toBeInstanceOf(Date);
    expect(await scene.branch()).toBe(state?.commit);
    expect(await scene.log()).toEqual(['The work', 'Base', 'Older']);
    expect(await scene.push()).toEqual(state);
  });

  test('works over ssh, with the key and the known hosts of the session', async () => {
    const scene = await setScene({ 'a.txt': 'a\n' }, { isOverSsh: true });
    scene.shell('echo b > a.txt');
    const first = await scene.push();
    expect(await scene.branch()).toBe(first?.commit);
    scene.shell('echo c > a.txt');
    const second = await scene.push();
    expect(await scene.branch()).toBe(second?.commit);
    expect(await scene.log()).toEqual(['The work', 'The work', 'Base', 'Older']);
  });

  test('follows the last push of its conversation', async () => {
    const scene = await setScene();
    scene.shell('echo b > a.txt');
    const first = await scene.push();
    scene.shell('echo c > a.txt');
    const second = await scene.push();
    expect(second).toMatchObject({ parent: first?.commit, previous: first?.commit });
    expect(await scene.log()).toEqual(['The work', 'The work', 'Base', 'Older']);
  });

  test('brings its history to a server that was force-pushed, so that no branch has its base any more', async () => {
    const scene = await setScene();
    await scene.origin.commit({ 'other.txt': 'other\n' }, { isOrphan: true });
    scene.shell('echo b > a.txt');
    const state = await scene.push();
    expect(await scene.branch()).toBe(state?.commit);
    expect(await scene.log()).toEqual(['The work', 'Base', 'Older']);
  });

  test('sends only what is new, also if the server has moved to later commits', async () => {
    const scene = await setScene({ 'a.txt': 'a\n', 'large.bin': randomText(2_000_000) });
    await scene.origin.commit({ 'c.txt': 'later\n' });
    scene.shell('echo b > a.txt');
    let bytes = 0;
    server.https.intercept((request) => {
      if (isPush(request.url)) request.on('data', (piece: Buffer) => (bytes += piece.length));
      return false;
    });
    onTestFinished(() => server.https.intercept(undefined));
    await scene.push();
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(100_000);
  });
});

describe('a push whose worker dies', () => {
  test.each<[string, (died: Error) => Partial<Work>, { isPushed: boolean }]>([
    [
      'after the commit was stored',
      (died) => ({ transport: failingAt('push', died) }),
      { isPushed: false },
    ],
    [
      'after the server has the commit',
      (died) => ({ now: failingTheSecondTime(died) }),
      { isPushed: true },
    ],
  ])(
    '%s has pushed the same commit once when it is tried again',
    async (_when, change, { isPushed }) => {
      const scene = await setScene();
      scene.shell('echo b > a.txt');
      const died = new Error('the worker died');
      await expect(scene.push(change(died))).rejects.toBe(died);
      const pending = scene.stored;
      expect(pending?.pushed_at).toBeUndefined();
      expect(await scene.branch().catch(() => null)).toBe(isPushed ? pending?.commit : null);
      const state = await scene.push();
      expect(state).toEqual({ ...pending, pushed_at: expect.any(Date) });
      expect(await scene.branch()).toBe(pending?.commit);
      expect(await scene.log()).toEqual(['The work', 'Base', 'Older']);
    },
  );

  test('before the commit is stored has pushed nothing', async () => {
    const scene = await setScene();
    scene.shell('echo b > a.txt');
    const lost = new Error('a newer attempt holds the session');
    const store = () => Promise.reject(lost);
    await expect(scene.push({ store })).rejects.toBe(lost);
    expect(await scene.branch().catch(() => null)).toBeNull();
  });

  test('continues from the commit that the server has if the files changed again since', async () => {
    const scene = await setScene();
    scene.shell('echo b > a.txt');
    await expect(scene.push({ now: failingTheSecondTime(new Error('died')) })).rejects.toThrow(
      'died',
    );
    const pending = scene.stored;
    scene.shell('echo c > a.txt');
    expect(await scene.push()).toMatchObject({
      parent: pending?.commit,
      previous: pending?.commit,
    });
    expect(await scene.log()).toEqual(['The work', 'The work', 'Base', 'Older']);
  });
});

describe('a push that the server does not take', () => {
  const rejected = { code: 'REPOSITORY_PUSH_REJECTED', details: { field: 'workspace.push' } };

  test('is rejected if the branch exists and is not of this conversation', async () => {
    const scene = await setScene();
    const foreign = await scene.origin.commit({ x: 'x' }, { branch: BRANCH });
    scene.shell('echo b > a.txt');
    await expect(scene.push()).rejects.toMatchObject({
      ...rejected,
      message: expect.stringContaining('stale info'),
    });
    expect(await scene.branch()).toBe(foreign);
  });

  test('is rejected if somebody has moved or removed the branch since the last push', async () => {
    const scene = await setScene();
    scene.shell('echo b > a.txt');
    await scene.push();
    const foreign = await scene.origin.commit({ x: 'x' }, { branch: BRANCH });
    scene.shell('echo c > a.txt');
    await expect(scene.push()).rejects.toMatchObject(rejected);
    expect(await scene.branch()).toBe(foreign);
    await scene.origin.git('update-ref', '-d', `refs/heads/${BRANCH}`);
    await expect(scene.push()).rejects.toMatchObject(rejected);
  });

  test('is rejected with the words of a hook, masked and bounded', async () => {
    const scene = await setScene();
    await scene.origin.hook(
      'pre-receive',
      '#!/bin/sh\necho "no hidden work here"; head -c 9000 /dev/zero | tr "\\0" x; echo; exit 1\n',
    );
    scene.shell('echo b > a.txt');
    const error = await scene.push().catch((reason: unknown) => reason as Error);
    expect(error).toMatchObject(rejected);
    const { message } = error as Error;
    expect(message).toContain(
      'workspace.push: the branch baton/work could not be pushed: pre-receive hook declined\nno ****** work here',
    );
    expect(message.length).toBeLessThan(2200);
    await scene.origin.hook('pre-receive', '#!/bin/sh\nexit 0\n');
    expect((await scene.push())?.pushed_at).toBeInstanceOf(Date);
  });

  test('is tried again while the server does not answer, and succeeds if an answer was lost', async () => {
    const scene = await setScene();
    scene.shell('echo b > a.txt');
    let pushes = 0;
    server.https.intercept((request, response) => {
      if (request.method !== 'POST' || !isPush(request.url)) return false;
      pushes += 1;
      if (pushes > 1) return false;
      // The server carries the push out, and its answer is lost.
      response.write = () => true;
      response.end = (() => response.destroy()) as typeof response.end;
      return false;
    });
    onTestFinished(() => server.https.intercept(undefined));
    const state = await scene.push();
    expect(state?.pushed_at).toBeInstanceOf(Date);
    expect(await scene.branch()).toBe(state?.commit);
    expect(await scene.log()).toEqual(['The work', 'Base', 'Older']);
  });

  test('fails as unavailable after the last try, and needs only the push when it is tried again', async () => {
    const scene = await setScene();
    scene.shell('echo b > a.txt');
    let tries = 0;
    server.https.intercept((request, response) => {
      if (!request.url?.includes('git-receive-pack')) return false;
      tries += 1;
      response.writeHead(503).end();
      return true;
    });
    onTestFinished(() => server.https.intercept(undefined));
    await expect(scene.push()).rejects.toMatchObject({ code: 'REPOSITORY_UNAVAILABLE' });
    expect(tries).toBe(3);
    const pending = scene.stored;
    server.https.intercept(undefined);
    expect((await scene.push())?.commit).toBe(pending?.commit);
  });
});

describe('a hostile workspace', () => {
  test('runs nothing when its work is pushed, and decides neither the address nor the history', async () => {
    const scene = await setScene({ 'a.txt': 'a\n', '.gitattributes': '*.txt filter=evil text\n' });
    const canary = join(scene.tree, '..', 'canary');
    await mkdir(join(scene.tree, '.git/hooks'), { recursive: true });
    const hook = `#!/bin/sh\ntouch ${canary}\n`;
    for (const name of ['pre-push', 'pre-commit', 'post-commit', 'reference-transaction']) {
      await writeFile(join(scene.tree, '.git/hooks', name), hook, { mode: 0o755 });
    }
    scene.shell(
      `cat >> .git/config <<'END'
[core]
	fsmonitor = touch ${canary}
	sshCommand = touch ${canary}
[filter "evil"]
	clean = touch ${canary}
	smudge = touch ${canary}
	process = touch ${canary}
[credential]
	helper = !touch ${canary}
[remote "origin"]
	url = ext::sh -c 'touch ${canary}'
	pushurl = https://127.0.0.1:1/elsewhere.git
[url "https://127.0.0.1:1/"]
	insteadOf = https://127.0.0.1
END
      echo ../../../elsewhere/objects > .git/objects/info/alternates
      git -c core.hooksPath=/dev/null -c core.fsmonitor=false update-ref -d HEAD || true
      echo b > a.txt`,
    );
    await scene.push();
    expect(await scene.log()).toEqual(['The work', 'Base', 'Older']);
    await expect(readFile(canary)).rejects.toThrow('ENOENT');
  });
});

/** Returns a transport of the scene that fails when git is to run this command. */
function failingAt(command: string, error: Error): Work['transport'] {
  return {
    url: 'https://git.example.com/a.git',
    run: (_gitDir, args) =>
      args.includes(command) ? Promise.reject(error) : Promise.reject(new Error('unexpected')),
  };
}

function failingTheSecondTime(error: Error): Work['now'] {
  let calls = 0;
  return async () => {
    calls += 1;
    if (calls > 1) throw error;
    return new Date();
  };
}

function randomText(length: number): string {
  let seed = 1;
  return Array.from({ length }, () => {
    seed = (seed * 48271) % 2147483647;
    return String.fromCharCode(33 + (seed % 90));
  }).join('');
}
