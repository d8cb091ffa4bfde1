// Runs a script of the project as npm would, in a folder of its own, and finds every process that came of it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeArguments } from '../../tools/process/node-arguments.ts';
import { startEnvironment } from './launcher.ts';
import { test as base } from './services.ts';
import { waitFor } from './wait.ts';

const SCRIPTS = join(import.meta.dirname, '../../scripts');

// npm asks its registry for nothing, and leaves no compiled code in the folder for temporary files.
const NPM_ENV = {
  npm_config_update_notifier: 'false',
  npm_config_offline: 'true',
  NODE_DISABLE_COMPILE_CACHE: '1',
};

/** A script that runs. */
export interface ScriptProcess {
  readonly child: ChildProcess;
  out(): string;
  err(): string;
  /** Resolves with the first line on standard output; rejects with what it said if it ends without. */
  firstLine(): Promise<string>;
  /** Presses these keys, where it runs on a terminal. */
  type(keys: string): void;
  /** Sends the signal and resolves with the exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | string>;
  readonly ended: Promise<number | string>;
}

/** A folder of a test, and the scripts that run in it. */
export interface ScriptFolder {
  readonly folder: string;
  /** Runs `scripts/<name>` (or `../tools/<name>`) in the folder (or in `cwd`), its temporary files there as well. */
  run(name: string, args: string[], env?: Record<string, string>, cwd?: string): ScriptProcess;
  /** Runs `scripts/<name>` as `run` does, on a terminal of its own: what it says is in `out`, `type` presses keys. */
  onTerminal(name: string, env?: Record<string, string>): ScriptProcess;
  /** Runs `npm start -- <args>` in a project of the folder that has this project's scripts; `main` stands for start.ts. */
  npmStart(args: string[], env?: Record<string, string>, main?: string): Promise<ScriptProcess>;
  /** The command lines of all processes that work in the folder or were told of it. */
  processes(): Promise<string[]>;
  /** What lies in its folder for temporary files. */
  temporary(): Promise<string[]>;
}

/** `test` with a folder of its own; what runs there is killed after the test. */
export const test = base.extend<{ scriptFolder: ScriptFolder }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the dependencies off this pattern
  scriptFolder: async ({}, use) => withScriptFolder(use),
});

/** Runs `use` with a folder of its own. Afterwards whatever runs there is killed, and the folder is removed. */
export async function withScriptFolder(
  use: (folder: ScriptFolder) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'baton-scriptFolder-'));
  const temporary = join(folder, 't');
  await mkdir(temporary);
  const own = { TMPDIR: temporary, XDG_STATE_HOME: join(folder, 'state') };
  const children: ChildProcess[] = [];
  await use({
    folder,
    run(name, args, env = {}, cwd = folder) {
      const whole = startEnvironment({ ...own, ...env });
      const argv = [process.execPath, ...nodeArguments(join(SCRIPTS, name), ...args)];
      const run = runProgram(argv, { cwd, env: whole });
      children.push(run.child);
      return run;
    },
    onTerminal(name, env = {}) {
      const command = `exec "${process.execPath}" "${join(SCRIPTS, name)}"`;
      const whole = startEnvironment({ ...own, TERM: 'xterm', ...env });
      const argv = ['script', '--quiet', '--return', '--command', command, '/dev/null'];
      const run = runProgram(argv, { cwd: folder, env: whole });
      children.push(run.child);
      return run;
    },
    async npmStart(args, env = {}, main = 'scripts/start.ts') {
      const cwd = join(folder, 'project');
      await makeProject(cwd, main);
      const whole = startEnvironment({ ...own, ...NPM_ENV, ...env });
      const run = runProgram(['npm', 'start', '--silent', '--', ...args], { cwd, env: whole });
      children.push(run.child);
      return run;
    },
    processes: async () => (await processesOf(folder)).map(({ command }) => command),
    temporary: () => readdir(temporary),
  });
  for (const child of children) child.kill('SIGKILL');
  await waitFor('all processes to be gone', async () => {
    const left = await processesOf(folder);
    for (const { pid } of left) kill(pid);
    return left.length === 0;
  });
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** Makes a project with the scripts of this one: links, so that nothing of it is copied or installed. */
async function makeProject(folder: string, main: string): Promise<void> {
  await mkdir(folder);
  await symlink(SCRIPTS, join(folder, 'scripts'));
  const { scripts } = JSON.parse(await readFile(join(SCRIPTS, '../package.json'), 'utf8'));
  const start = scripts.start.replace('scripts/start.ts', main);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ scripts: { start } }));
}

function runProgram(
  [file = '', ...args]: string[],
  options: { cwd: string; env: Record<string, string> },
): ScriptProcess {
  const stdio = ['pipe', 'pipe', 'pipe'] as const;
  const child = spawn(file, args, { ...options, stdio: [...stdio] });
  const said = { out: '', err: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (said.out += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said.err += text));
  const ended = once(child, 'close').then(([code, signal]): number | string => signal ?? code);
  return {
    child,
    ended,
    out: () => said.out,
    err: () => said.err,
    type: (keys) => void child.stdin?.write(keys),
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
        100_000,
      ),
  };
}

async function processesOf(folder: string): Promise<{ pid: number; command: string }[]> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const found = await Promise.all(
    pids.map(async (pid) => ({ pid: Number(pid), command: await commandIfOf(pid, folder) })),
  );
  return found.flatMap(({ pid, command }) => (command === undefined ? [] : [{ pid, command }]));
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // gone meanwhile
  }
}

async function commandIfOf(pid: string, folder: string): Promise<string | undefined> {
  const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => ''); // gone
  const [command, environ] = await Promise.all([read('cmdline'), read('environ')]);
  const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '');
  return `${command}\n${environ}\n${cwd}`.includes(folder)
    ? command.replaceAll('\0', ' ')
    : undefined;
}
