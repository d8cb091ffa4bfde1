// Sessions that begin from a repository.
import { join } from 'node:path';
import type { SessionConfig } from '@baton/core/internal';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished } from 'vitest';
import { fakePrompt } from '../../../fake-claude/install.ts';
import { type Fleet, test } from '../../../support/fleet.ts';
import {
  type GitServer,
  gitServerSettings,
  startGitServer,
} from '../../../support/git-server/git-server.ts';
import type { BareRepository } from '../../../support/git-server/repositories.ts';
import { untilPasses } from '../../../support/wait.ts';
import { findText, gitIn } from '../repository/repository-scene.ts';
import { capturedFiles, createHalt, loseDisk, runsShell } from './workspace-scene.ts';

let server: GitServer;
let repository: BareRepository;
let commit: string;
let url: string;
let count = 0;

beforeAll(async () => {
  server = await startGitServer();
});

afterAll(() => server.close());

beforeEach(async () => {
  count += 1;
  const name = `repository-${count}`;
  repository = await server.create(name);
  commit = await repository.commit({ 'a.txt': 'from the repository\n', 'sub/b.txt': 'b\n' });
  url = server.httpsUrl(name);
});

/** A fleet whose work root and temporary folder are its own. */
async function ownFleet(fleet: Fleet) {
  const own = fleet.sibling(onTestFinished);
  const workRoot = join(fleet.root, `work-of-${own.env['QUEUE_PREFIX']}`);
  const settings = { ...gitServerSettings(server), WORK_ROOT: workRoot };
  return { ...own, workRoot, settings };
}

const from = (more: object = {}): Partial<SessionConfig> => ({
  workspace: { type: 'git', url, ...more } as NonNullable<SessionConfig['workspace']>,
});

describe('a session from a repository', () => {
  test('works in a clone of it, which travels with its history, and its base is pinned', async ({
    fleet,
  }) => {
    const own = await ownFleet(fleet);
    const first = await own.worker(own.settings);
    const id = await own.play(
      runsShell(own, 'cat a.txt > seen; git log --format=%H > head; echo changed > a.txt'),
      from(),
    );
    const ended = await own.ended(id);
    expect(ended).toMatchObject({
      status: 'completed',
      requires: expect.arrayContaining(['repositories']),
      workspace: { portable: true, base: { url, ref: 'main', commit } },
    });
    expect(await capturedFiles(own, ended)).toMatchObject({
      'a.txt': '644 changed\n',
      seen: '644 from the repository\n',
      head: `644 ${commit}\n`,
    });
    const { start, capture } = ended.workspace ?? {};
    expect(start?.commit).not.toBe(capture?.commit);
    // The start needs no pack but its own, and the later capture builds on it.
    expect(start?.packs).toHaveLength(1);
    expect(capture?.packs).toEqual(expect.arrayContaining(start?.packs ?? []));

    // The host is lost, the branch is force-pushed, and the server is gone.
    await repository.commit({ other: 'x' }, { isOrphan: true });
    server.https.intercept(() => true);
    onTestFinished(() => server.https.intercept(undefined));
    await first.stop();
    await loseDisk(own.workRoot);
    await own.worker(own.settings);
    const child = await own.continue(id, {
      query: fakePrompt(
        runsShell(own, 'git status --porcelain > status; git log --format=%H > log'),
      ),
    });
    const continued = await own.ended(child);
    expect(continued).toMatchObject({
      status: 'completed',
      workspace: { base: { url, ref: 'main', commit }, start: { commit: capture?.commit } },
    });
    const files = await capturedFiles(own, continued);
    expect(files).toMatchObject({ log: `644 ${commit}\n`, 'a.txt': '644 changed\n' });
    expect(files['status']).toMatch(/ M a\.txt\n/);
    expect(await gitIn(continued.workspace?.path ?? '', 'remote', 'get-url', 'origin')).toBe(url);
  });

  test('begins with the pinned commit again if its host is lost before a process ran', async ({
    fleet,
  }) => {
    const own = await ownFleet(fleet);
    const first = await own.worker(own.settings);
    const halt = createHalt(own);
    const id = await own.play(halt.steps, { ...from(), recovery: { max_retries: 3 } });
    const taken = await own.until(id, 'taken', ({ workspace }) => workspace?.base !== undefined);
    expect(taken.workspace?.base?.commit).toBe(commit);
    await first.kill();
    // What the host had stored of the start is forgotten as well.
    await own.db.collection<{ _id: string }>('sessions').updateOne(
      { _id: id },
      {
        $unset: { 'workspace.start': 1, 'workspace.capture': 1, 'attempts.0.pid': 1 },
        $set: { 'workspace.portable': false, 'workspace.reason': 'not_captured' },
      },
    );
    await loseDisk(own.workRoot);
    await repository.commit({ 'a.txt': 'newer\n' });
    await own.worker(own.settings);
    await halt.release();
    const ended = await own.ended(id);
    expect(ended).toMatchObject({ workspace: { base: { commit } } });
    expect(await capturedFiles(own, ended)).toMatchObject({
      'a.txt': '644 from the repository\n',
    });
  });

  test('starts the CLI in the subdirectory, and captures the whole clone', async ({ fleet }) => {
    const own = await ownFleet(fleet);
    await own.worker(own.settings);
    const id = await own.play(runsShell(own, 'pwd > where'), from({ subdirectory: 'sub' }));
    const ended = await own.ended(id);
    const files = await capturedFiles(own, ended);
    expect(files).toMatchObject({
      'sub/where': `644 ${join(own.workRoot, id, 'sub')}\n`,
      'a.txt': '644 from the repository\n',
    });
  });

  test('gets its first message only once its start is stored', async ({ fleet }) => {
    const own = await ownFleet(fleet);
    await own.worker(own.settings);
    const halt = createHalt(own);
    const id = await own.play(halt.steps, from());
    // The fake CLI plays its steps when it gets the message.
    await halt.systemNotes();
    expect(await own.session(id)).toMatchObject({
      workspace: { portable: true, start: { files: expect.any(Number) } },
    });
    await halt.release();
    await own.ended(id);
  });

  test('is refused if a continue names another repository', async ({ fleet }) => {
    const own = await ownFleet(fleet);
    await own.worker(own.settings);
    const id = await own.play([{ say: 'Done.' }], from());
    await own.ended(id);
    const other = { type: 'git' as const, url: `${url}-other` };
    const child = await own.continue(id, { query: fakePrompt([]), workspace: other });
    expect(await own.ended(child)).toMatchObject({
      status: 'failed',
      failure: { code: 'INVALID_REQUEST', field: 'workspace.url' },
    });
    const plain = await own.play([{ say: 'Done.' }]);
    await own.ended(plain);
    const late = await own.continue(plain, { query: fakePrompt([]), ...from() });
    expect(await own.ended(late)).toMatchObject({
      status: 'failed',
      failure: { code: 'INVALID_REQUEST', field: 'workspace.url' },
    });
  });

  test('is cancelled promptly while its clone hangs, and keeps its lease until then', async ({
    fleet,
  }) => {
    const own = await ownFleet(fleet);
    await own.worker(own.settings);
    server.https.intercept(() => true);
    onTestFinished(() => server.https.intercept(undefined));
    const before = server.https.seen.length;
    const id = await own.play([{ say: 'Done.' }], from());
    await untilPasses(async () => expect(server.https.seen.length).toBeGreaterThan(before));
    const [attempt] = (await own.session(id)).attempts;
    // The lease is renewed while git waits.
    const { lease } = await own.session(id);
    const expiry = (one: typeof lease) => one.expires_at?.getTime();
    await own.until(id, 'renewed', (one) => expiry(one.lease) !== expiry(lease));
    expect((await own.session(id)).attempts).toHaveLength(1);
    await own.baton.stop.cancelSession(id);
    expect(await own.ended(id)).toMatchObject({
      status: 'cancelled',
      attempts: [{ fence: attempt?.fence }],
    });
  });
});

describe('a session from a repository fails', () => {
  test('with the code of its problem, and the field that has it', { timeout: 120_000 }, async ({
    fleet,
  }) => {
    const own = await ownFleet(fleet);
    await own.worker(own.settings);
    const cases: [object, string, string][] = [
      [{ url: `${url}x` }, 'REPOSITORY_NOT_FOUND', 'workspace.url'],
      [{ ref: 'absent' }, 'REF_NOT_FOUND', 'workspace.ref'],
      [{ subdirectory: 'absent' }, 'REF_NOT_FOUND', 'workspace.subdirectory'],
      [{ url: 'https://192.168.3.4/x.git' }, 'REPOSITORY_NOT_ALLOWED', 'workspace.url'],
      [{ url: 'https://127.0.0.1:1/x.git' }, 'REPOSITORY_UNAVAILABLE', 'workspace.url'],
    ];
    const ids = await Promise.all(
      cases.map(([change]) => own.play([{ say: 'Done.' }], from(change))),
    );
    const ended = await Promise.all(ids.map((id) => own.ended(id)));
    expect(ended.map(({ status, failure }) => [status, failure?.code, failure?.field])).toEqual(
      cases.map(([, code, field]) => ['failed', code, field]),
    );
  });

  test('with REPOSITORY_AUTH for a wrong password, which is nowhere afterwards', async ({
    fleet,
  }) => {
    const own = await ownFleet(fleet);
    await own.worker(own.settings);
    server.https.setUser({ username: 'me', password: 'right' });
    onTestFinished(() => server.https.setUser(undefined));
    const password = 'a-wrong-password-of-the-session';
    const id = await own.play([{ say: 'Done.' }], from({ credentials: { password } }));
    const { failure } = await own.ended(id);
    expect(failure).toMatchObject({ code: 'REPOSITORY_AUTH', field: 'workspace.url' });
    expect(JSON.stringify(failure)).not.toContain(password);
    expect(await findText(own.workRoot, password)).toEqual([]);
  });
});

describe('the credentials of a session', () => {
  test('are in no event, no file, no capture and no log', async ({ fleet }) => {
    const own = await ownFleet(fleet);
    const worker = await own.worker(own.settings);
    const password = 'the-password-of-the-session';
    server.https.setUser({ username: 'x-access-token', password });
    onTestFinished(() => server.https.setUser(undefined));
    const id = await own.play(
      runsShell(own, 'git remote -v > remotes; git config --list > config; env > environment'),
      from({ credentials: { password } }),
    );
    const ended = await own.ended(id);
    expect(ended).toMatchObject({ status: 'completed', workspace: { base: { url } } });
    expect(await findText(own.workRoot, password)).toEqual([]);
    expect(JSON.stringify(await capturedFiles(own, ended))).not.toContain(password);
    expect(JSON.stringify(await own.events(id))).not.toContain(password);
    expect(JSON.stringify(await own.baton.manager.getSessionInfo(id))).not.toContain(password);
    expect(worker.err()).not.toContain(password);
  });
});
