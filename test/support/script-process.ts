// Runs a script of the project as npm would, in a temporary folder, and finds every process that it leaves.
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

// Keeps npm from calling its registry and from leaving compiled code in the folder for temporary files.
const NPM_ENV = {
  npm_config_update_notifier: 'false',
  npm_config_offline: 'true',
  NODE_DISABLE_COMPILE_CACHE: '1',
};

/** A running script. */
export interface ScriptProcess {
  readonly child: ChildProcess;
  out(): string;
  err(): string;
  /** Resolves with the first line of stdout. Rejects with the stderr if the script ends without one. */
  firstLine(): Promise<string>;
  /** Presses these keys on the terminal of the script. */
  type(keys: string): void;
  /** Sends a signal and resolves with the exit code, or with the signal that ended the script. */
  end(signal: NodeJS.Signals): Promise<number | string>;
  readonly ended: Promise<number | string>;
}

/** The temporary folder of a test, and the calls that run scripts in it. */
export interface ScriptFolder {
  readonly folder: string;
  /**
   * Runs `scripts/<name>`. `name` may also be `../tools/<name>`. The working directory is the folder, or
   * `cwd` if it is given. The script writes its temporary files into the folder.
   */
  run(name: string, args: string[], env?: Record<string, string>, cwd?: string): ScriptProcess;
  /** Runs `scripts/<name>` on a terminal. Its output is in `out`, and `type` presses keys. */
  onTerminal(name: string, env?: Record<string, string>): ScriptProcess;
  /** Runs `npm start -- <args>` in a project that links this project's scripts. `main` replaces scripts/start.ts. */
  npmStart(args: string[], env?: Record<string, string>, main?: string): Promise<ScriptProcess>;
  /** Returns the command lines of all processes whose arguments, environment or working directory name the folder. */
  processes(): Promise<string[]>;
  /** Returns the names in the folder for temporary files. */
  temporary(): Promise<string[]>;
}

/** `test` with a temporary folder. After the test, all processes of the folder are killed. */
export const test = base.extend<{ scriptFolder: ScriptFolder }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the dependencies off this pattern
  scriptFolder: async ({}, use) => withScriptFolder(use),
});

/** Runs `use` with a temporary folder. Afterwards kills all processes of the folder and removes it. */
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

/** Creates a project that links the scripts of this project, so nothing is copied or installed. */
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
    // The process has ended in the meantime.
  }
}

async function commandIfOf(pid: string, folder: string): Promise<string | undefined> {
  const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => ''); // the process has ended
  const [command, environ] = await Promise.all([read('cmdline'), read('environ')]);
  const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '');
  return `${command}\n${environ}\n${cwd}`.includes(folder)
    ? command.replaceAll('\0', ' ')
    : undefined;
}
