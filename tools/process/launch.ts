import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { execa } from 'execa';

/** How a process ended: by its exit code, by a signal, or (both null) because it could not be started. */
export type ProcessEnd = {
  readonly code: number | null;
  readonly signal: string | null;
  /** The three cases in words: `exit 1`, `SIGKILL`, or why it could not be started. */
  readonly description: string;
};

/** A process that was started, until its end. */
export type LaunchedProcess = {
  /** 0 where it could not be started. */
  readonly pid: number;
  /** Present where `stdin` is `pipe`; a process that ended before it read everything is no error. */
  readonly stdin: Writable | null;
  /** Present where the output is a pipe. Attach a reader in the same tick: what nobody reads is thrown away. */
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  /** Resolves when the process is gone, though a descendant may still hold its output; never rejects. */
  readonly exited: Promise<unknown>;
  /** Resolves with how it ended, once its output is read as well; never rejects. */
  readonly ended: Promise<ProcessEnd>;
  /** Sends the signal and waits for nothing; harmless after the end. */
  readonly kill: (name: 'SIGINT' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT') => void;
  /** Sends SIGTERM, and SIGKILL `stopWithinMs` later; resolves with `ended`. Safe to call twice. */
  readonly stop: () => Promise<ProcessEnd>;
};

/** What a process is started with. */
export type LaunchOptions = {
  /** Its complete environment: it inherits nothing. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Default: no input. */
  readonly stdin?: 'pipe' | 'ignore';
  /** Where its standard output and its standard error go. Default: pipes. */
  readonly stdout?: Output;
  readonly stderr?: Output;
  /** Whether it leads a process group of its own and may outlive this process. Default: no. */
  readonly detached?: boolean;
  /** How long `stop` waits between SIGTERM and SIGKILL, in milliseconds. Default: 10 s. */
  readonly stopWithinMs?: number;
};

type Output = 'pipe' | 'inherit' | 'ignore';

const STOP_WITHIN_MS = 10_000;

/** Starts a program; it does not throw where the program is missing: `ended` says so. */
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
  child.stdin?.on('error', () => {}); // the process ended first: `ended` says how
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
