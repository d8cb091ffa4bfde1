// Setup commands as processes of this host.
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createIdentity } from '../../../../apps/worker/src/host/identity.ts';
import { formatMarker } from '../../../../apps/worker/src/host/marker.ts';
import { killMarked } from '../../../../apps/worker/src/host/orphans.ts';
import { createOutputMasker } from '../../../../apps/worker/src/masking/output-masker.ts';
import { runSetup, type Setup } from '../../../../apps/worker/src/setup/run-setup.ts';
import { needsSetup, noteSetup } from '../../../../apps/worker/src/setup/setup-mark.ts';
import { isAlive } from '../../../support/alive.ts';
import { untilPasses } from '../../../support/wait.ts';

const SECRET = 'the-secret-of-somebody';

async function folder(): Promise<string> {
  const made = await realpath(await mkdtemp(join(tmpdir(), 'baton-setup-')));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

let count = 0;

async function run(commands: readonly string[], changes: Partial<Setup> = {}) {
  count += 1;
  const marker = formatMarker({ ...createIdentity(), sessionId: `setup-${count}`, fence: 1 });
  onTestFinished(() => void killMarked((one) => formatMarker(one) === marker));
  const cwd = changes.cwd ?? (await folder());
  const events: Record<string, unknown>[] = [];
  const verdict = await runSetup({
    commands,
    cwd,
    env: { PATH: process.env['PATH'] ?? '', BATON_RUN: marker },
    launcher: [],
    marker,
    timeoutMs: 60_000,
    masker: createOutputMasker([SECRET]),
    signal: new AbortController().signal,
    record: ({ subtype, raw }) => {
      const event = JSON.parse(raw);
      expect(event).toMatchObject({ type: 'baton.setup', subtype });
      events.push(event);
    },
    ...changes,
  });
  const text = (stream: string) =>
    events.flatMap((event) => (event['stream'] === stream ? [event['text']] : [])).join('');
  return { verdict, events, cwd, text };
}

const pidIn = async (cwd: string, name = 'pid') =>
  Number(
    await untilPasses(async () => {
      const text = await readFile(join(cwd, name), 'utf8');
      expect(text).toMatch(/^\d+\n$/);
      return text;
    }),
  );

describe('setup commands', () => {
  test('run one after the other with bash in the directory, without input, and their output becomes events', async () => {
    const { verdict, events, cwd, text } = await run([
      'cat; [[ $BASH ]] && pwd',
      `echo ${SECRET} >&2; echo two > made`,
      'cat made',
    ]);
    expect(verdict).toEqual({ kind: 'done' });
    expect(text('stdout')).toBe(`${cwd}\ntwo\n`);
    expect(text('stderr')).toBe(`${'*'.repeat(SECRET.length)}\n`);
    expect(events.map(({ command, subtype }) => [command, subtype])).toEqual([
      [1, 'output'],
      [1, 'end'],
      [2, 'output'],
      [2, 'end'],
      [3, 'output'],
      [3, 'end'],
    ]);
    expect(events.at(-1)).toEqual({
      type: 'baton.setup',
      subtype: 'end',
      command: 3,
      exit_code: 0,
    });
  });

  test('end with the first that fails, which the failure names with its exit code and the end of its output', async () => {
    const { verdict, cwd } = await run(['true', `echo why ${SECRET} >&2; exit 3`, 'touch never']);
    expect(verdict).toEqual({
      kind: 'failed',
      failure: {
        code: 'WORKSPACE_SETUP_FAILED',
        message: 'setup command 2 of 3 failed with exit code 3',
        retryable: false,
        exit_code: 3,
        stderr_tail: `why ${'*'.repeat(SECRET.length)}`,
        field: 'workspace.setup.1',
      },
    });
    await expect(readFile(join(cwd, 'never'))).rejects.toThrow('ENOENT');
  });

  test('are killed with everything that they started when their time is over', async () => {
    const { verdict, cwd } = await run(
      ['setsid sleep 600 & echo $! > pid; trap "" TERM; while true; do sleep 1; done'],
      { timeoutMs: 500 },
    );
    expect(verdict).toMatchObject({
      kind: 'failed',
      failure: { message: 'setup command 1 of 1 was stopped: the setup took longer than 500 ms' },
    });
    const pid = await pidIn(cwd);
    await untilPasses(() => expect(isAlive(pid)).toBe(false));
  });

  test('are killed when the session is cancelled, and the later ones do not run', async () => {
    const cwd = await folder();
    const cancel = new AbortController();
    const running = run(['echo $$ > pid; exec sleep 600', 'touch never'], {
      cwd,
      signal: cancel.signal,
    });
    const pid = await pidIn(cwd);
    cancel.abort();
    expect((await running).verdict).toEqual({ kind: 'stopped' });
    expect(isAlive(pid)).toBe(false);
    await expect(readFile(join(cwd, 'never'))).rejects.toThrow('ENOENT');
  });

  test('leave nothing in their process group, but what left the group stays for the session', async () => {
    const { verdict, cwd } = await run([
      'sleep 600 & echo $! > inside',
      `setsid sh -c 'echo $$ > outside; exec sleep 600' > /dev/null 2>&1 &
      until [ -s outside ]; do sleep 0.02; done`,
    ]);
    expect(verdict).toEqual({ kind: 'done' });
    const [inside, outside] = [await pidIn(cwd, 'inside'), await pidIn(cwd, 'outside')];
    await untilPasses(() => expect(isAlive(inside)).toBe(false));
    expect(isAlive(outside)).toBe(true);
  });

  test('count as a problem of the host if no shell can be started, but not if a command only says so', async () => {
    const missing = await run(['true'], { cwd: '/srv/baton/absent' });
    expect(missing.verdict).toMatchObject({
      kind: 'host_problem',
      problem: { code: 'HOST_ERROR' },
    });
    const { verdict } = await run(['echo No space left on device >&2; exit 1']);
    expect(verdict).toMatchObject({ kind: 'failed' });
  });
});

test('a setup is needed until it is noted for the same directory and the same commands', async () => {
  const shadow = await folder();
  const directory = await folder();
  const target = { shadow, directory, commands: ['true'], cwd: directory };
  expect(await needsSetup({ ...target, commands: [] })).toBe(false);
  expect(await needsSetup(target)).toBe(true);
  await noteSetup(target);
  expect(await needsSetup(target)).toBe(false);
  expect(await needsSetup({ ...target, commands: ['false'] })).toBe(true);
  expect(await needsSetup({ ...target, cwd: join(directory, 'sub') })).toBe(true);
  expect(await needsSetup({ ...target, directory: await folder() })).toBe(true);
  await noteSetup(target);
  expect(await needsSetup(target)).toBe(false);
});
