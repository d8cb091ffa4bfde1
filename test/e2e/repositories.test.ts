// A session of the real CLI that begins from a repository, loses its host, and pushes its work from another host.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, onTestFinished } from 'vitest';
import type { WorkspaceFile } from '../../packages/client/src/index.ts';
import { withCapturedFiles } from '../support/captured-files.ts';
import { type GitServer, startGitServer } from '../support/git-server/git-server.ts';
import { testGitEnv } from '../support/git-server/repositories.ts';
import {
  BRANCH,
  PLAN,
  playRepositoryStory,
  type RepositoryStory,
  SET_UP,
} from '../support/repository-story.ts';
import { queuedText, storedText } from '../support/stored-text.ts';
import { test as base } from '../support/travelling.ts';
import { snapshotTree, type TreeSnapshot } from '../support/tree-snapshot.ts';

const test = base.extend<{
  $file: { git: GitServer; otherServers: readonly string[]; story: RepositoryStory };
}>({
  git: [
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads the dependencies off this pattern
    async ({}, use) => {
      const server = await startGitServer();
      await use(server);
      await server.close();
    },
    { scope: 'file' },
  ],
  otherServers: [async ({ git }, use) => use([git.httpsUrl('shop')]), { scope: 'file' }],
  story: [
    async ({ travelling, fleet, git }, use) => {
      const story = await playRepositoryStory(travelling, fleet, git);
      await use(story);
      await story.stop();
    },
    { scope: 'file' },
  ],
});

/** Returns what callers get: without git's own directory, and without the ignored file that the setup command wrote. */
function visible(files: TreeSnapshot): TreeSnapshot {
  const isHidden = (path: string) => path === 'built' || /^\.git(\/|$)/.test(path);
  return Object.fromEntries(Object.entries(files).filter(([path]) => !isHidden(path)));
}

/** Returns what git keeps of files: contents, links, and whether a file can be run. */
function asInGit(files: TreeSnapshot): TreeSnapshot {
  const kept = Object.entries(files).filter(([, entry]) => !entry.endsWith(' directory'));
  return Object.fromEntries(
    kept.map(([path, entry]) => {
      const mode = /^\d+/.exec(entry)?.[0];
      if (mode === undefined) return [path, entry];
      const isExecutable = (Number.parseInt(mode, 8) & 0o100) !== 0;
      return [path, `${isExecutable ? 'x' : '-'}${entry.slice(mode.length)}`];
    }),
  );
}

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'baton-repositories-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Returns the files of a commit of the repository, in a new folder. */
async function checkOut({ repository }: RepositoryStory, commit: string): Promise<string> {
  const folder = await makeFolder();
  const options = { cwd: repository.path, env: testGitEnv, extendEnv: false } as const;
  const { stdout } = await execa({ ...options, encoding: 'buffer' })`git archive ${commit}`;
  await execa({ cwd: folder, input: stdout })`tar -x`;
  return folder;
}

async function entryOf({ client, ended }: RepositoryStory, file: WorkspaceFile): Promise<string> {
  if (file.type === 'symlink') return `link to ${file.target}`;
  const mode = file.mode?.replace(/^0/, '');
  if (file.type === 'directory') return `${mode} directory`;
  const answer = await client.file(ended.id, file);
  return `${mode} ${Buffer.from(await answer.arrayBuffer()).toString('latin1')}`;
}

describe('a session from a repository whose host is lost with its disk', {
  timeout: 240_000,
}, () => {
  test('continues on another host while the git server is away and its branch has other commits', async ({
    story,
  }) => {
    const { ended, found, said, base: commit, url } = story;
    expect(ended).toMatchObject({
      status: 'completed',
      counts: { crashes: 1 },
      workspace: { portable: true, base: { url, ref: 'main', commit } },
    });
    expect(ended.attempts.map(({ host }) => host)).toEqual([
      'a',
      ...ended.attempts.slice(1).map(() => 'b'),
    ]);
    expect(found).toMatchObject({ 'a.txt': '644 changed\n', 'src/new.txt': '644 new\n' });
    expect(found).not.toHaveProperty(['old.txt']);
    expect(found).not.toHaveProperty(['cut.txt']);
    expect(said).toContain(commit);
  });

  test('has its uploaded file there, and the setup command runs again', async ({
    story,
    fleet,
  }) => {
    expect(story.said).toContain(`${SET_UP}${PLAN}`);
    expect(story.left['built']).toBe(`644 ${SET_UP}`);
    const events = await fleet.events(story.ended.id);
    const setups = events.filter(({ type }) => type === 'baton.setup');
    expect(new Set(setups.map(({ attempt }) => attempt)).size).toBe(2);
  });

  test('pushes its work once, when the server is back', async ({ story }) => {
    const { ended, repository, pushes, askedInVain, left, base: commit } = story;
    expect(askedInVain).toBeGreaterThan(0);
    const tip = await repository.git('rev-parse', BRANCH);
    expect(pushes).toBe(`${'0'.repeat(40)} ${tip} refs/heads/${BRANCH}\n`);
    expect(await repository.git('rev-parse', `${BRANCH}^`)).toBe(commit);
    const pushed = await snapshotTree(await checkOut(story, BRANCH));
    expect(asInGit(pushed)).toEqual(asInGit(visible(left)));
    const info = await story.client.get(ended.id);
    expect(info.workspace).toMatchObject({
      base: { url: story.url, ref: 'main', commit },
      push: { branch: BRANCH, commit: tip, pushed_at: expect.any(String) },
    });
  });

  test('shows its directory in the diff, the files and the archive of the API', async ({
    story,
  }) => {
    const { client, ended, left, base: commit } = story;
    const listed: TreeSnapshot = {};
    for await (const file of client.workspaceFiles(ended.id))
      listed[file.path] = await entryOf(story, file);
    expect(listed).toEqual(visible(left));

    const archive = await client.archive(ended.id);
    const extracted = await makeFolder();
    await execa({ cwd: extracted, input: Buffer.from(await archive.arrayBuffer()) })`tar -xzp`;
    expect(await snapshotTree(extracted)).toEqual(visible(left));

    // The session began with the files of the commit and the uploaded file.
    const patched = await checkOut(story, commit);
    await mkdir(join(patched, 'notes'));
    await writeFile(join(patched, 'notes/plan.txt'), PLAN);
    const patch = await client.patch(ended.id, { against: 'base' });
    await execa({ cwd: patched, env: testGitEnv, extendEnv: false, input: patch })`git apply`;
    expect(asInGit(await snapshotTree(patched))).toEqual(asInGit(visible(left)));
  });

  test('leaves its credentials in no store, log, file, process or request to the model', async ({
    story,
    fleet,
    travelling,
  }) => {
    const { client, ended, secrets, shownBy, authorized, seen, logs } = story;
    expect(authorized).toBeGreaterThan(2);
    expect(shownBy).toEqual([]);
    const stored = await storedText(fleet.db);
    expect(stored).toContain('baton-sealed.');
    const captured = await withCapturedFiles(fleet.baton.stores.captures, ended, (folder) =>
      snapshotTree(folder),
    );
    const extracted = await makeFolder();
    const archive = await client.archive(ended.id, { git: true });
    await execa({ cwd: extracted, input: Buffer.from(await archive.arrayBuffer()) })`tar -xz`;
    const disk = travelling.hosts.get('b').pathOf(travelling.hosts.disk);
    const texts = {
      stored,
      queued: await queuedText(fleet.env['QUEUE_PREFIX'] ?? ''),
      logs,
      seen,
      captured: JSON.stringify(captured),
      archive: JSON.stringify(await snapshotTree(extracted)),
      disk: JSON.stringify(await snapshotTree(disk)),
      info: JSON.stringify(await client.get(ended.id, { include: 'config' })),
      model: JSON.stringify(travelling.api.requests.map(({ body }) => body)),
    };
    for (const [name, text] of Object.entries(texts)) {
      expect(text.length, name).toBeGreaterThan(100);
      for (const secret of secrets) expect(text.includes(secret), name).toBe(false);
    }
  });
});
