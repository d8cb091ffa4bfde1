// What of a session's files travels, and what its caller and its model learn about it.
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished } from 'vitest';
import { fakePrompt } from '../../../fake-claude/install.ts';
import { type Fleet, test } from '../../../support/fleet.ts';
import { readiness } from '../../../support/readiness.ts';
import { snapshotTree } from '../../../support/tree-snapshot.ts';
import { untilPasses, waitFor } from '../../../support/wait.ts';
import { capturedFiles, createHalt, loseDisk, runsShell } from './workspace-scene.ts';

const infoOf = async ({ baton }: Fleet, id: string) =>
  (await baton.manager.getSessionInfo(id)).workspace;

const workRootOf = ({ env }: Fleet) => env['WORK_ROOT'] ?? '';

/** A fleet whose work root is its own, so that a test can lose the disk. */
function ownFleet(fleet: Fleet): Fleet & { disk: Record<string, string> } {
  const own = fleet.sibling(onTestFinished);
  return { ...own, disk: { WORK_ROOT: join(fleet.root, `work-of-${own.env['QUEUE_PREFIX']}`) } };
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

describe('the files of a session', () => {
  test("stay behind if they are ignored, unless workspace.include names them, and if they hold the operator's secrets", async ({
    fleet,
  }) => {
    const own = fleet.sibling(onTestFinished);
    await own.worker({ ANTHROPIC_API_KEY: 'sk-ant-the-key-of-the-operator' });
    const ignored = await own.play(
      runsShell(
        own,
        'mkdir out kept; echo a > out/ignored; echo b > kept/ignored; echo c > note; printf "out/\\nkept/\\n" > .gitignore',
      ),
      { workspace: { type: 'managed', include: ['kept/'] } },
    );
    const secret = await own.play(
      runsShell(own, "echo a > note; printf 'KEY=%s%s' sk-ant- the-key-of-the-operator > .env"),
    );
    const first = await own.ended(ignored);
    expect(Object.keys(await capturedFiles(own, first))).toEqual([
      '.gitignore',
      'kept',
      'kept/ignored',
      'note',
    ]);
    expect(await infoOf(own, ignored)).toMatchObject({ portable: true, files: 3, left_out: 1 });
    const second = await own.ended(secret);
    expect(second.status).toBe('completed');
    expect(await capturedFiles(own, second)).toEqual({ note: '644 a\n' });
    expect(await infoOf(own, secret)).toMatchObject({ portable: true, files: 1, left_out: 1 });
    // The session itself keeps its file.
    expect(await snapshotTree(join(workRootOf(own), secret))).toHaveProperty(['.env']);
  });

  test('are not captured if the operator has turned captures off', async ({ fleet }) => {
    const own = fleet.sibling(onTestFinished);
    const worker = await own.worker({ WORKSPACE_CAPTURE: 'off' });
    const id = await own.play(runsShell(own, 'echo a > note'));
    expect(await own.ended(id)).toMatchObject({ status: 'completed' });
    expect(await infoOf(own, id)).toEqual({
      type: 'managed',
      path: join(workRootOf(own), id),
      portable: false,
      reason: 'capture_off',
    });
    expect(await own.db.collection('captures').countDocuments()).toBe(0);
    expect((await readiness(worker)).said).toContain('not captured (WORKSPACE_CAPTURE=off)');
  });

  test('stay behind if they outgrow WORKSPACE_MAX_BYTES during the run, and the model of a later continue learns that', {
    timeout: 120_000,
  }, async ({ fleet }) => {
    const own = ownFleet(fleet);
    const worker = await own.worker({ ...own.disk, WORKSPACE_MAX_BYTES: '1000' });
    const outgrown = createHalt(own);
    // The first capture of an attempt comes at once, so the small file is of an earlier session.
    const parent = await own.play(runsShell(own, 'echo small > note'));
    expect(await own.ended(parent)).toMatchObject({ workspace: { capture: { files: 1 } } });
    const id = await own.continue(parent, {
      query: fakePrompt([
        ...runsShell(own, 'head -c 2000 /dev/zero > large'),
        ...outgrown.steps,
        { say: 'Done.' },
      ]),
    });
    const left = await own.until(id, 'too large', ({ workspace }) => workspace?.portable === false);
    expect(left).toMatchObject({ status: 'running', workspace: { reason: 'too_large' } });
    await outgrown.release();
    expect(await own.ended(id)).toMatchObject({ status: 'completed', result: { result: 'Done.' } });
    expect(await infoOf(own, id)).toMatchObject({
      portable: false,
      reason: 'too_large',
      files: 1,
    });
    await worker.stop();
    await loseDisk(own.disk['WORK_ROOT'] ?? '');

    await own.worker(own.disk);
    const next = createHalt(own);
    const child = await own.continue(id, { query: fakePrompt([...next.steps, { say: 'Next.' }]) });
    const notes = await next.systemNotes();
    expect(notes).toMatch(/^Files that this conversation wrote in .* may be missing or older/);
    const session = await own.until(child, 'at work', ({ status }) => status === 'running');
    const files = await snapshotTree(session.workspace?.path ?? '');
    expect(files).toEqual({ note: '644 small\n' });
    await next.release();
    expect(await own.ended(child)).toMatchObject({
      status: 'completed',
      result: { result: 'Next.' },
      workspace: { portable: true, capture: { files: 1 } },
    });
    expect(await own.session(child)).not.toHaveProperty('superseded');
  });

  test('keep their path while a worker has their WORK_ROOT, and then get a new path, which the model learns', async ({
    fleet,
  }) => {
    const own = fleet.sibling(onTestFinished);
    const elsewhere = join(fleet.root, 'another-work');
    const first = await own.worker({ WORKER_CONCURRENCY: '1' });
    const parent = await own.play(runsShell(own, 'echo a > note'));
    expect(await own.ended(parent)).toMatchObject({ status: 'completed' });
    const busy = createHalt(own);
    const blocking = await own.play(busy.steps);
    await busy.systemNotes();

    const second = await own.worker({ WORK_ROOT: elsewhere });
    const differs = `WORK_ROOT ${elsewhere} differs from ${workRootOf(own)} of other live workers`;
    await untilPasses(async () => {
      expect(await readiness(second)).toMatchObject({
        status: 200,
        said: expect.stringContaining(differs),
      });
    });
    // The worker with the work root has no free slot, so the other worker gets the session and puts it off.
    const child = await own.continue(parent, { query: fakePrompt([{ say: 'Done.' }]) });
    await waitFor('the other worker to leave the session', async () => {
      const job = await own.queue.getJob(child);
      return (await job?.getState()) === 'delayed';
    });
    // A new conversation has no work root yet.
    const fresh = await own.play([{ say: 'Hello.' }]);
    expect((await own.ended(fresh)).attempts).toMatchObject([{ worker_id: second.id }]);
    expect(await own.session(child)).toMatchObject({ status: 'queued', attempts: [] });
    await busy.release();
    const path = join(workRootOf(own), parent);
    expect(await own.ended(child)).toMatchObject({
      status: 'completed',
      attempts: [{ worker_id: first.id }],
      workspace: { path },
    });
    expect((await own.ended(blocking)).attempts).toMatchObject([{ worker_id: first.id }]);

    await first.stop();
    const atNewPath = createHalt(own);
    const last = await own.continue(child, { query: fakePrompt(atNewPath.steps) });
    const newPath = join(elsewhere, parent);
    expect(await atNewPath.systemNotes()).toBe(
      `The working directory of this conversation is now ${newPath}. Earlier messages may name it as ${path}; use the new path instead.`,
    );
    expect(await snapshotTree(newPath)).toEqual({ note: '644 a\n' });
    await atNewPath.release();
    expect(await own.ended(last)).toMatchObject({
      status: 'completed',
      attempts: [{ worker_id: second.id }],
      workspace: { path: newPath, moved_from: [path], portable: true },
    });
  });

  test('go with their conversation when it is deleted, also the files of branches', async ({
    fleet,
  }) => {
    const own = ownFleet(fleet);
    const workRoot = own.disk['WORK_ROOT'] ?? '';
    const worker = await own.worker(own.disk);
    const parent = await own.play(runsShell(own, 'echo a > note'));
    await own.ended(parent);
    const query = () => fakePrompt(runsShell(own, 'echo b >> note'));
    const children = [
      await own.continue(parent, { query: query() }),
      await own.continue(parent, { query: query() }),
    ];
    const sessions = await Promise.all(children.map((id) => own.ended(id)));
    const paths = sessions.map(({ workspace }) => workspace?.path ?? '');
    expect(new Set(paths).size).toBe(2);
    const names = paths.map((path) => path.slice(workRoot.length + 1));
    const all = [...paths, ...names.map((name) => join(workRoot, '.workspaces', name))];
    expect(await Promise.all(all.map(exists))).toEqual(all.map(() => true));
    expect(await own.db.collection('captures').countDocuments()).toBeGreaterThan(2);
    await worker.stop();

    expect(await own.baton.deletion.deleteConversation(parent)).toBe('gone');
    expect(await own.db.collection('captures').countDocuments()).toBe(0);
    await own.worker(own.disk);
    await untilPasses(async () => {
      expect(await Promise.all(all.map(exists))).toEqual(all.map(() => false));
    });
  });
});
