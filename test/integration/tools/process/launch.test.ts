import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { isAlive } from '../../../../tools/dev-services/alive.ts';
import { type LaunchOptions, launch } from '../../../../tools/process/launch.ts';

test('a process gets exactly the given environment, and its exit code is reported', async () => {
  const child = sh('env; exit 3', { env: { ONLY: 'this' } });
  const lines = await linesOf(child.stdout);
  expect(await child.ended).toEqual({ code: 3, signal: null, description: 'exit 3' });
  expect(lines.filter((line) => !/^(PWD|SHLVL|_|OLDPWD)=/.test(line))).toEqual(['ONLY=this']);
});

test('a missing program is reported as an end with a reason, not as an exception', async () => {
  const child = launch('/no/such/program', [], { env: {}, cwd: '/' });
  expect(child.pid).toBe(0);
  const { code, signal, description } = await child.ended;
  expect({ code, signal }).toEqual({ code: null, signal: null });
  expect(description).toMatch(/^not started: .*ENOENT/);
  await child.exited;
});

test('stop sends SIGTERM and resolves with the exit code of the process', async () => {
  const child = sh('trap "exit 7" TERM; echo ready; while :; do sleep 0.05; done');
  await firstLine(child.stdout);
  expect(await child.stop()).toMatchObject({ code: 7, description: 'exit 7' });
});

test('a process that ignores SIGTERM is killed after its time limit', async () => {
  const child = sh('trap "" TERM; echo ready; while :; do sleep 0.05; done', { stopWithinMs: 100 });
  await firstLine(child.stdout);
  const [first, second] = await Promise.all([child.stop(), child.stop()]);
  expect(first).toEqual({ code: null, signal: 'SIGKILL', description: 'SIGKILL' });
  expect(second).toEqual(first);
  expect(isAlive(child.pid)).toBe(false);
});

test('the exit of a process is known while a descendant still holds its output open', async () => {
  const child = sh('sleep 600 & echo $!; exit 0');
  const sleeper = Number(await firstLine(child.stdout));
  await child.exited;
  expect(isAlive(sleeper)).toBe(true);
  process.kill(sleeper, 'SIGKILL');
  expect(await child.ended).toMatchObject({ code: 0 });
});

function sh(script: string, options: Partial<LaunchOptions> = {}) {
  return launch('/bin/sh', ['-c', script], {
    env: { PATH: process.env['PATH'] },
    cwd: '/',
    ...options,
  });
}

async function linesOf(stream: Readable | null): Promise<string[]> {
  const lines: string[] = [];
  if (stream) for await (const line of createInterface({ input: stream })) lines.push(line);
  return lines;
}

async function firstLine(stream: Readable | null): Promise<string> {
  if (!stream) throw new Error('expected a pipe');
  const [line] = await once(createInterface({ input: stream }), 'line');
  return line;
}
