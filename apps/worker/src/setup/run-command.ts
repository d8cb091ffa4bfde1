import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import type { SetupStream } from './setup-output.ts';

/** How a command ended, as the operating system reports it. */
export interface CommandExit {
  code: number | null;
  signal: string | null;
  /** The errno if the shell could not be started. */
  spawnError?: string;
}

/** One shell command, and how it runs. */
export interface ShellCommand {
  text: string;
  cwd: string;
  env: Readonly<Record<string, string>>;
  /** The command to put before the shell, or an empty list (claude/parent-death.ts). */
  launcher: readonly string[];
  /** Ends the command: SIGTERM to its process group, and SIGKILL two seconds later. */
  signal: AbortSignal;
  onOutput(stream: SetupStream, piece: Uint8Array): void;
}

const SHELLS = ['/bin/bash', '/usr/bin/bash'];
const KILL_AFTER_MS = 2_000;

// Something that left the process group may keep the streams open.
const STREAMS_GRACE_MS = 2_000;

/**
 * Runs a command with bash, or with sh if there is no bash, in a process group of its own and without input. Resolves
 * once the shell has ended and the rest of its process group is killed. Never rejects.
 */
export async function runCommand(command: ShellCommand): Promise<CommandExit> {
  const { text, cwd, env, launcher, signal, onOutput } = command;
  if (signal.aborted) return { code: null, signal: 'SIGTERM' };
  const shell = SHELLS.find((file) => existsSync(file)) ?? '/bin/sh';
  const [program = shell, ...args] = [...launcher, shell, '-c', text];
  const child = execa(program, args, {
    cwd,
    env,
    extendEnv: false,
    detached: true,
    cleanup: false,
    reject: false,
    buffer: false,
    stripFinalNewline: false,
    encoding: 'buffer',
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  child.stdout.on('data', (piece: Uint8Array) => onOutput('stdout', piece));
  child.stderr.on('data', (piece: Uint8Array) => onOutput('stderr', piece));
  let killing: NodeJS.Timeout | undefined;
  const stop = () => {
    signalGroup(child.pid, 'SIGTERM');
    killing = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), KILL_AFTER_MS);
  };
  signal.addEventListener('abort', stop, { once: true });
  const exited = new Promise<void>((resolve) => {
    child.nodeChildProcess.once('exit', () => resolve());
    child.nodeChildProcess.once('error', () => resolve());
  });
  await exited;
  signal.removeEventListener('abort', stop);
  clearTimeout(killing);
  signalGroup(child.pid, 'SIGKILL');
  const ended = new AbortController();
  const grace = delay(STREAMS_GRACE_MS, undefined, { signal: ended.signal }).then(
    () => {
      child.stdout.destroy();
      child.stderr.destroy();
    },
    () => {},
  );
  const result = (await child) as {
    exitCode?: number;
    signal?: string;
    code?: string;
  };
  ended.abort();
  await grace;
  const exit: CommandExit = { code: result.exitCode ?? null, signal: result.signal ?? null };
  const isUnstarted = exit.code === null && exit.signal === null;
  return isUnstarted ? { ...exit, spawnError: result.code ?? 'unknown' } : exit;
}

// ESRCH: nothing of the group is left. EPERM: what is left belongs to another user, and is found by nobody.
function signalGroup(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {}
}
