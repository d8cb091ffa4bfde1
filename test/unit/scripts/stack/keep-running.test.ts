import { expect, test } from 'vitest';
import { keepRunning } from '../../../../scripts/stack/keep-running.ts';
import type { Child } from '../../../../tools/baton-processes/child.ts';

/** Creates a starter of numbered children. Calling `ends[number - 1]` ends a child. */
function nursery() {
  const ends: ((how: string) => void)[] = [];
  const previous: (number | undefined)[] = [];
  async function start(before?: number): Promise<Child<number>> {
    const { promise: ended, resolve } = Promise.withResolvers<string>();
    previous.push(before);
    const line = ends.push(resolve);
    const end = (how: string) => () => {
      resolve(how);
      return ended;
    };
    return { line, ended, stop: end('exit 0'), kill: end('SIGKILL') };
  }
  return { start, ends, previous };
}

function keep(start: (before?: number) => Promise<Child<number>>, said: string[] = []) {
  const stopping = new AbortController().signal;
  return keepRunning({ name: 'it', start, log: (line) => said.push(line), stopping });
}

test('a program that ends unexpectedly is started again and gets the start line of its predecessor', async () => {
  const { start, ends, previous } = nursery();
  const said: string[] = [];
  const kept = await keep(start, said);
  ends[0]?.('SIGKILL');
  await expect.poll(() => kept.line()).toBe(2);
  expect(previous).toEqual([undefined, 1]);
  expect(said).toEqual(['it ended unexpectedly (SIGKILL): starting it again']);
});

test('a program that was stopped stays stopped', async () => {
  const { start, previous } = nursery();
  const kept = await keep(start);
  expect(await kept.stop()).toBe('exit 0');
  expect(previous).toHaveLength(1);
});

test('a program that was killed on purpose is not started again', async () => {
  const { start, previous } = nursery();
  const said: string[] = [];
  const kept = await keep(start, said);
  expect(await kept.kill()).toBe('SIGKILL');
  expect(previous).toHaveLength(1);
  expect(said).toEqual([]);
});

test('a program that ends five times within a minute is not restarted again', async () => {
  const { start, ends, previous } = nursery();
  const kept = await keep(start);
  for (let number = 1; number <= 5; number += 1) {
    await expect.poll(() => kept.line()).toBe(number);
    ends[number - 1]?.('exit 1');
  }
  expect(await kept.failed).toBe('it ended 5 times in 60 s (exit 1)');
  expect(previous).toHaveLength(5);
});

test('the reason is reported if a program cannot be restarted', async () => {
  const { start, ends } = nursery();
  const kept = await keep((before) =>
    before === undefined ? start() : Promise.reject(new Error('no such file')),
  );
  ends[0]?.('exit 1');
  expect(await kept.failed).toContain('no such file');
});
