import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { execa } from 'execa';

/** How a process ended: by its exit code, by a signal, or (both null) because it could not be started. */
export type ProcessEnd = {
  readonly code: number | null;
  readonly signal: string | null;
  /** The end in words: `exit 1`, `SIGKILL`, or why the process could not be started. */
  readonly description: string;
};

/** A process that was started. */
export type LaunchedProcess = {
  /** The process id, or 0 if the process could not be started. */
  readonly pid: number;
  /**
   * Present if `stdin` is `pipe`. It is not an error if the process ends before it has read
   * everything.
   */
  readonly stdin: Writable | null;
  /** Present if the output is a pipe. Attach a reader in the same tick, or the output is discarded. */
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  /** Resolves when the process has ended, even if a descendant still holds its output. Never rejects. */
  readonly exited: Promise<unknown>;
  /**
   * Resolves with how the process ended, after its output has been read to the end. Never rejects.
   */
  readonly ended: Promise<ProcessEnd>;
  /** Sends the signal and does not wait. Does nothing after the end. */
  readonly kill: (name: 'SIGINT' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT') => void;
  /** Sends SIGTERM, and SIGKILL `stopWithinMs` later. Resolves like `ended`. It may be called twice. */
  readonly stop: () => Promise<ProcessEnd>;
};

/** The options for starting a process. */
export type LaunchOptions = {
  /** The complete environment of the process. It inherits nothing. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Default: no input. */
  readonly stdin?: 'pipe' | 'ignore';
  /** Where the standard output and the standard error go. Default: pipes. */
  readonly stdout?: Output;
  readonly stderr?: Output;
  /** Whether the process leads its own process group and may outlive this process. Default: no. */
  readonly detached?: boolean;
  /** How long `stop` waits between SIGTERM and SIGKILL, in milliseconds. Default: 10 s. */
  readonly stopWithinMs?: number;
};

type Output = 'pipe' | 'inherit' | 'ignore';

const STOP_WITHIN_MS = 10_000;

/** Starts a program. If the program is missing, the call does not throw; `ended` then resolves with the reason. */
export function launch(
  file: string,
  args: readonly string[],
  options: LaunchOptions,
): LaunchedProcess {
  const { env, cwd, stdin = 'ignore', stdout = 'pipe', stderr = 'pipe' } = options;
  const { detached = false, stopWithinMs = STOP_WITHIN_MS } = options;
  const child = execa(file, args, {
    env: { ...env },
    extendEnv: false,
    cwd,
    stdin,
    stdout,
    stderr,
    detached,
    cleanup: !detached,
    forceKillAfterDelay: stopWithinMs,
    reject: false,
    buffer: false,
  });
  child.stdin?.on('error', () => {}); // the process ended first, and `ended` resolves with its end
  const ended = child.then(({ exitCode, signal, originalMessage }): ProcessEnd => {
    const code = exitCode ?? null;
    const description =
      signal ?? (code === null ? `not started: ${originalMessage}` : `exit ${code}`);
    return { code, signal: signal ?? null, description };
  });
  return {
    pid: child.pid ?? 0,
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    exited: Promise.race([ended, once(child.nodeChildProcess, 'exit').catch(() => ended)]),
    ended,
    kill: (name) => void child.kill(name),
    stop() {
      child.kill('SIGTERM'); // execa sends the SIGKILL (`forceKillAfterDelay`)
      return ended;
    },
  };
}
