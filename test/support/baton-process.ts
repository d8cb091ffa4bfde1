// Runs a program of Baton as a separate process and collects everything that it prints.
import { launch } from '../../tools/process/launch.ts';
import { nodeArguments } from '../../tools/process/node-arguments.ts';
import { waitFor } from './wait.ts';

// Several programs start at once, often on a busy machine.
const START_LIMIT_MS = 60_000;

/** Longer than any test, so a process that ignores SIGTERM fails the test instead of being killed. */
const STOP_WITHIN_MS = 600_000;

/** How a process ended. */
export interface ProcessEnd {
  code: number | null;
  signal: string | null;
}

/** A program that runs as a separate process. It may not be ready yet. */
export interface BatonProcess {
  pid: number;
  out(): string;
  err(): string;
  /** Whether the process has ended and all its output was read. */
  hasEnded(): boolean;
  ended: Promise<ProcessEnd>;
  /** Sends SIGTERM and resolves with how the process ended. */
  stop(): Promise<ProcessEnd>;
  /** Sends a signal without waiting. */
  signal(name: 'SIGINT' | 'SIGSTOP' | 'SIGCONT'): void;
  /** Kills the process with SIGKILL, to simulate a crash, and resolves with how the process ended. */
  kill(): Promise<ProcessEnd>;
}

/**
 * Runs a `main.ts` with exactly this environment. The process may end before it is ready.
 * `through` is a command that runs the program, for example after it has set a resource limit.
 */
export function runMain(
  main: string,
  env: Record<string, string>,
  through: readonly string[] = [],
): BatonProcess {
  const [program = process.execPath, ...args] = [
    ...through,
    process.execPath,
    ...nodeArguments(main),
  ];
  const options = { env, cwd: process.cwd(), stopWithinMs: STOP_WITHIN_MS };
  const child = launch(program, args, options);
  const printed = { out: '', err: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (printed.out += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (printed.err += text));
  let hasEnded = false;
  const ended = child.ended.then(({ code, signal }): ProcessEnd => {
    hasEnded = true;
    return { code, signal };
  });
  return {
    pid: child.pid,
    out: () => printed.out,
    err: () => printed.err,
    hasEnded: () => hasEnded,
    ended,
    stop() {
      void child.stop();
      return ended;
    },
    signal: child.kill,
    kill() {
      child.kill('SIGKILL');
      return ended;
    },
  };
}

/**
 * Waits for the first line of stdout, which a program prints when it is ready, and returns it parsed.
 * Rejects with the program's log if it ends before that.
 */
export function readStartLine(run: BatonProcess, name: string): Promise<unknown> {
  const startLine = () => {
    const end = run.out().indexOf('\n');
    if (end < 0 && run.hasEnded())
      throw new Error(`${name} ended before it was ready: ${run.err()}`);
    return end >= 0 && run.out().slice(0, end);
  };
  return waitFor(`the start line of ${name}`, startLine, START_LIMIT_MS).then(JSON.parse);
}
