// The processes and folders of a killed worker's runs are removed. The processes and folders of
// other workers stay.
import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { isAlive } from '../../../support/alive.ts';
import { test as base, type Fleet } from '../../../support/fleet.ts';
import { waitFor } from '../../../support/wait.ts';
import type { WorkerProcess } from '../../../support/worker-process.ts';

/** A running session whose tool has its own process session and has started a second tool. */
interface Running {
  fleet: Fleet;
  worker: WorkerProcess;
  id: string;
  /** The process of the CLI. */
  cli: number;
  tools: number[];
}

async function run(fleet: Fleet, worker: WorkerProcess, name: string): Promise<Running> {
  const files = ['tool', 'child'].map((what) => join(fleet.root, `${name}.${what}`));
  // The tool starts a second tool in the background, as a shell does with `server &`.
  const shell = `/bin/sh -c 'echo $$ > ${files[1]}.part; mv ${files[1]}.part ${files[1]}; exec sleep 600' & wait`;
  const id = await fleet.play([
    { spawn: shell, pid_file: files[0] },
    { say: 'working' },
    { hang: true },
  ]);
  const session = await fleet.until(id, 'running', ({ status }) => status === 'running');
  const tools = await waitFor('the tools', async () => {
    const pids = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
    return pids.every(Boolean) && pids.map(Number);
  });
  return { fleet, worker, id, cli: session.attempts[0]?.pid ?? 0, tools };
}

/** Reads the status of a process, which is empty once the process is gone. */
function readStatus(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}

/** Returns whether a process was sent a SIGKILL, or is gone. SIGKILL is the ninth bit of the signals. */
function isKilled(pid: number): boolean {
  if (!isAlive(pid)) return true;
  const status = readStatus(pid);
  const pending = [...status.matchAll(/^(?:Sig|Shd)Pnd:\s*([0-9a-f]+)$/gm)];
  return pending.some(([, bits]) => (BigInt(`0x${bits}`) & 0x100n) !== 0n) || !isAlive(pid);
}

const folders = async (fleet: Fleet) =>
  (await readdir(fleet.env['TMPDIR'] ?? '')).filter((name) => name.startsWith('baton-run-'));

const test = base.extend<{ $file: { killed: Running; neighbour: Running } }>({
  neighbour: [
    async ({ fleet }, use) => use(await run(fleet, await fleet.worker(), 'neighbour')),
    { scope: 'file' },
  ],
  // This worker has its own queue, so no worker takes the session over. Only the neighbour's sweep
  // can clean up.
  killed: [
    async ({ fleet, neighbour: _lives }, use) => {
      const mine = fleet.sibling();
      const running = await run(mine, await mine.worker(), 'killed');
      await running.worker.kill();
      await use(running);
    },
    { scope: 'file' },
  ],
});

describe('when a worker was killed,', () => {
  test('its CLI dies with it', async ({ killed }) => {
    // The kernel sends the signal when the worker ends, so the CLI does not wait for a sweep.
    expect(isKilled(killed.cli)).toBe(true);
    await waitFor('the CLI to be gone', () => !isAlive(killed.cli));
  });

  test('its tools are ended by the sweep of any worker on the host', async ({ killed }) => {
    await waitFor('the tools to be gone', () => !killed.tools.some(isAlive));
  });

  test('the folders of its attempts are removed', async ({ killed }) => {
    await waitFor('its folder to be gone', async () =>
      (await folders(killed.fleet)).every((name) => !name.includes(`-${killed.worker.pid}-`)),
    );
  });

  test('the sessions of another worker on the host keep running', async ({ neighbour, killed }) => {
    expect(killed.tools.some(isAlive)).toBe(false); // the sweep has run
    expect([neighbour.cli, ...neighbour.tools].every(isAlive)).toBe(true);
    expect(await folders(neighbour.fleet)).toHaveLength(1);
    expect(await neighbour.fleet.session(neighbour.id)).toMatchObject({
      status: 'running',
      attempts: [{ attempt: 1 }],
    });
  });

  test('a worker that starts removes leftover folders', async ({ fleet, neighbour }) => {
    const tmp = fleet.env['TMPDIR'] ?? '';
    // The folder of an earlier process with the same pid but another start time.
    const left = join(tmp, `baton-run-${neighbour.worker.pid}-1-AbCdEf`);
    await mkdir(join(left, 'c', 'projects'), { recursive: true });
    const other = fleet.sibling();
    const worker = await other.worker();
    await waitFor('the folder to be gone', async () => (await folders(fleet)).length === 1);
    await worker.stop();
  });
});
