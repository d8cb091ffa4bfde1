// Runs a script of the project as npm would, in a folder of its own, and finds every process that came of it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEnvironment } from './launcher.ts';
import { test as base } from './services.ts';
import { waitFor } from './wait.ts';

const SCRIPTS = join(import.meta.dirname, '../../scripts');

/** A script that runs. */
export interface ScriptProcess {
  readonly child: ChildProcess;
  out(): string;
  err(): string;
  /** Resolves with the first line on standard output; rejects with what it said if it ends without. */
  firstLine(): Promise<string>;
  /** Sends the signal and resolves with the exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | string>;
  readonly ended: Promise<number | string>;
}

/** A folder of a test, and the scripts that run in it. */
export interface Desk {
  readonly folder: string;
  /** Runs `scripts/<name>` in the folder, its temporary files there as well. */
  run(name: string, args: string[], env?: Record<string, string>): ScriptProcess;
  /** The command lines of all processes that work in the folder or were told of it. */
  processes(): Promise<string[]>;
  /** What lies in its folder for temporary files. */
  temporary(): Promise<string[]>;
}

/** `test` with a desk of its own; what runs there is killed after the test. */
export const test = base.extend<{ desk: Desk }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the dependencies off this pattern
  desk: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'baton-desk-'));
    const temporary = join(folder, 't');
    await mkdir(temporary);
    const children: ChildProcess[] = [];
    await use({
      folder,
      run(name, args, env = {}) {
        const whole = startEnvironment({ TMPDIR: temporary, ...env });
        const run = runScript(join(SCRIPTS, name), args, { cwd: folder, env: whole });
        children.push(run.child);
        return run;
      },
      processes: () => processesOf(folder),
      temporary: () => readdir(temporary),
    });
    for (const child of children) child.kill('SIGKILL');
    await waitFor('all processes to be gone', async () => (await processesOf(folder)).length === 0);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  },
});

function runScript(
  file: string,
  args: string[],
  options: { cwd: string; env: Record<string, string> },
): ScriptProcess {
  const stdio = ['ignore', 'pipe', 'pipe'] as const;
  const child = spawn(process.execPath, [file, ...args], { ...options, stdio: [...stdio] });
  const said = { out: '', err: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (said.out += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said.err += text));
  const ended = once(child, 'close').then(([code, signal]): number | string => signal ?? code);
  return {
    child,
    ended,
    out: () => said.out,
    err: () => said.err,
    end(signal) {
      child.kill(signal);
      return ended;
    },
    firstLine: () =>
      waitFor(
        'the first line',
        () => {
          const end = said.out.indexOf('\n');
          if (end < 0 && (child.exitCode ?? child.signalCode) !== null) throw new Error(said.err);
          return end >= 0 && said.out.slice(0, end);
        },
        60_000,
      ),
  };
}

async function processesOf(folder: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const found = await Promise.all(pids.map((pid) => commandIfOf(pid, folder)));
  return found.filter((command) => command !== undefined);
}

async function commandIfOf(pid: string, folder: string): Promise<string | undefined> {
  const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => ''); // gone
  const [command, environ] = await Promise.all([read('cmdline'), read('environ')]);
  const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '');
  return `${command}\n${environ}\n${cwd}`.includes(folder)
    ? command.replaceAll('\0', ' ')
    : undefined;
}
