// If npm, the bootstrap or the program of `npm start` is killed, all three end.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { isAlive } from '../../support/alive.ts';
import { pidInChain, processTree } from '../../support/process-tree.ts';
import { test as base, type ScriptProcess } from '../../support/script-process.ts';
import { waitFor } from '../../support/wait.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const;

// Prints the signals that it gets. It ends at the first signal, or at the second if it waits for sessions.
const PROGRAM = `
let waits = process.argv.includes('--waits');
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(name, () => {
    console.log('got ' + name);
    if (!waits) process.exit(0);
    waits = false;
  });
}
setInterval(() => {}, 1000);
console.log('up');
`;

const test = base.extend<{
  start: (...args: string[]) => Promise<{ run: ScriptProcess; pids: Record<string, number> }>;
}>({
  start: async ({ scriptFolder }, use) => {
    await use(async (...args) => {
      const main = join(scriptFolder.folder, 'program.mjs');
      await writeFile(main, PROGRAM);
      const run = await scriptFolder.npmStart(args, {}, main);
      await waitFor('the program', () => run.out().includes('up\n'));
      const tree = await processTree(run.child.pid ?? 0);
      const links = ['npm', 'bootstrap', 'program'] as const;
      return { run, pids: Object.fromEntries(links.map((link) => [link, pidInChain(tree, link)])) };
    });
  },
});

async function expectAllGone(pids: Record<string, number>): Promise<void> {
  const left = () => Object.keys(pids).filter((link) => isAlive(Number(pids[link])));
  await waitFor(
    () => `all processes to end; still running: ${left()}`,
    () => left().length === 0,
  );
}

describe.for(['npm', 'bootstrap', 'program'] as const)(
  'all processes of npm start end when %s gets',
  (link) => {
    test.for(SIGNALS)('%s', async (signal, { start }) => {
      const { pids } = await start();
      process.kill(Number(pids[link]), signal);
      await expectAllGone(pids);
    });
  },
);

describe('a program of npm start that waits for its sessions', () => {
  test.for(['npm', 'bootstrap'])('ends at once if %s is killed', async (link, { start }) => {
    const { run, pids } = await start('--waits');
    process.kill(Number(pids[link]), 'SIGKILL');
    await expectAllGone(pids);
    expect(run.out().match(/got SIGTERM/g)).toHaveLength(2);
  });

  test.for(['npm', 'bootstrap'])(
    'gets each signal to %s only once, and can still wait for its sessions',
    async (link, { start }) => {
      const { run, pids } = await start('--waits');
      process.kill(Number(pids[link]), 'SIGINT');
      await waitFor('the signal', () => run.out().includes('got SIGINT\n'));
      process.kill(Number(pids['program']), 'SIGTERM');
      await expectAllGone(pids);
      expect(run.out().match(/got SIG\w+/g)).toEqual(['got SIGINT', 'got SIGTERM']);
    },
  );
});
