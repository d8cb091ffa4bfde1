// Uploaded files in the directories of sessions: when they are there, and when an agent's edits of them stay.
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, onTestFinished } from 'vitest';
import type { Step } from '../../../fake-claude/script.ts';
import { type Fleet, test } from '../../../support/fleet.ts';
import { waitFor } from '../../../support/wait.ts';
import { loseDisk, runsShell } from './workspace-scene.ts';

const LEASE = { WORKER_CONCURRENCY: '1', LEASE_MS: '2000' };

async function upload({ baton }: Fleet, text: string): Promise<string> {
  const pieces = Readable.from([Buffer.from(text)]);
  const file = { tenant: 'default', pieces, maxBytes: 1_000 };
  return (await baton.stores.files.put(file)).id;
}

let count = 0;

/** A fleet of its own, whose disk can be lost, with a path for what its sessions report. */
function ownFleet(fleet: Fleet) {
  const own = fleet.sibling(onTestFinished);
  count += 1;
  const outside = join(fleet.root, `reports-${count}`);
  const workRoot = join(fleet.root, `uploads-${count}`);
  return { own, outside, env: { ...LEASE, WORK_ROOT: workRoot }, workRoot };
}

/** Steps that report the content of a file of the session's directory. */
function reports(fleet: Fleet, path: string, to: string): Step[] {
  return [...runsShell(fleet, `cat ${path} > ${to}`), { say: 'Reported.' }];
}

/** A script that plays one part in the first attempt, and the other in the next. */
function twoAttempts(mark: string, steps: Step[], then: Step[]) {
  const script = [{ init: {} }, { once: mark, steps: [...steps, { hang: true }], else: then }];
  return { FAKE_CLAUDE_SCRIPT: JSON.stringify(script) };
}

describe('an uploaded file', () => {
  test('is in the directory before the CLI starts', async ({ fleet }) => {
    const { own, outside, env } = ownFleet(fleet);
    await own.worker(env);
    const file_id = await upload(own, 'a,b\n');
    const files = [{ file_id, path: 'in/data.csv' }];
    const id = await own.play(reports(own, 'in/data.csv', outside), { files });
    const session = await own.ended(id);
    expect(session).toMatchObject({ status: 'completed', workspace: { uploads: 'captured' } });
    expect(await readFile(outside, 'utf8')).toBe('a,b\n');
    expect((await own.baton.stores.files.get(file_id))?.expires_at).toBeUndefined();
  });

  test('goes into a directory that the caller named', async ({ fleet }) => {
    const { own, outside, env } = ownFleet(fleet);
    const working_dir = join(fleet.root, 'work', 'named');
    await mkdir(working_dir);
    await own.worker({ ...env, ALLOWED_ROOTS: join(fleet.root, 'work') });
    const files = [{ file_id: await upload(own, 'named'), path: 'x' }];
    const id = await own.play(reports(own, 'x', outside), { files, working_dir });
    expect(await own.ended(id)).toMatchObject({ workspace: { type: 'path', uploads: 'written' } });
    expect(await readFile(outside, 'utf8')).toBe('named');
  });

  test('is not written again after a crash, because the agent may have edited it', {
    timeout: 60_000,
  }, async ({ fleet }) => {
    const { own, outside, env } = ownFleet(fleet);
    const first = await own.worker(env);
    const edit = runsShell(own, 'echo edited > in.txt');
    const id = await own.launch({
      query: 'edit',
      files: [{ file_id: await upload(own, 'original'), path: 'in.txt' }],
      env: twoAttempts(
        `${outside}-mark`,
        [...edit, { touch: `${outside}-edited` }],
        reports(own, 'in.txt', outside),
      ),
    });
    await waitFor('the edit', () => existsSync(`${outside}-edited`));
    await first.kill();
    await own.worker(env);
    expect(await own.ended(id)).toMatchObject({ status: 'completed', counts: { crashes: 1 } });
    expect(await readFile(outside, 'utf8')).toBe('edited\n');
  });

  test('comes again with the next host if the first one was lost before a capture', {
    timeout: 60_000,
  }, async ({ fleet }) => {
    const { own, outside, env, workRoot } = ownFleet(fleet);
    const first = await own.worker(env);
    const id = await own.launch({
      query: 'wait',
      files: [{ file_id: await upload(own, 'original'), path: 'in.txt' }],
      env: twoAttempts(
        `${outside}-mark`,
        [{ touch: `${outside}-up` }],
        reports(own, 'in.txt', outside),
      ),
    });
    await waitFor('the CLI', () => existsSync(`${outside}-up`));
    await first.kill();
    await loseDisk(workRoot);
    await own.worker(env);
    expect(await own.ended(id)).toMatchObject({ status: 'completed', counts: { crashes: 1 } });
    expect(await readFile(outside, 'utf8')).toBe('original');
  });

  test('comes back as the agent edited it if the capture of a lost host holds it', {
    timeout: 60_000,
  }, async ({ fleet }) => {
    const { own, outside, env, workRoot } = ownFleet(fleet);
    const first = await own.worker(env);
    const edit = runsShell(own, 'echo edited > in.txt; echo more > note');
    const id = await own.launch({
      query: 'edit',
      files: [{ file_id: await upload(own, 'original'), path: 'in.txt' }],
      env: twoAttempts(`${outside}-mark`, edit, reports(own, 'in.txt', outside)),
    });
    await own.until(id, 'captured', ({ workspace }) => workspace?.capture?.files === 2);
    await first.kill();
    await loseDisk(workRoot);
    await own.worker(env);
    expect(await own.ended(id)).toMatchObject({ status: 'completed', counts: { crashes: 1 } });
    expect(await readFile(outside, 'utf8')).toBe('edited\n');
  });

  test('does not follow a symlink that an earlier session made, and fails the session', async ({
    fleet,
  }) => {
    const { own, outside, env } = ownFleet(fleet);
    await mkdir(outside);
    await own.worker(env);
    const parent = await own.play(runsShell(own, `ln -s ${outside} in`));
    await own.ended(parent);
    const files = [{ file_id: await upload(own, 'x'), path: 'in/x' }];
    const child = await own.continue(parent, { query: 'more', files });
    expect(await own.ended(child)).toMatchObject({
      status: 'failed',
      failure: { code: 'FILE_PATH_NOT_ALLOWED', field: 'files.0.path' },
    });
    expect(await readdir(outside)).toEqual([]);
  });

  test('that was removed by force fails the session, and names the field', async ({ fleet }) => {
    const { own, env } = ownFleet(fleet);
    const file_id = await upload(own, 'x');
    const id = await own.play([{ say: 'Done.' }], { files: [{ file_id, path: 'x' }] });
    await own.baton.manager.getSession(id);
    await own.db.collection<{ _id: string }>('files.files').deleteOne({ _id: file_id });
    await own.worker(env);
    expect(await own.ended(id)).toMatchObject({
      status: 'failed',
      failure: { code: 'FILE_NOT_FOUND', field: 'files.0.file_id' },
    });
  });
});
