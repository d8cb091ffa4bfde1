// A program of Baton as a process of its own, and everything that it printed.
import { launch } from '../../tools/process/launch.ts';
import { nodeArguments } from '../../tools/process/node-arguments.ts';
import { waitFor } from './wait.ts';

// Several start at once, on machines that have other things to do.
const START_LIMIT_MS = 60_000;

/** Longer than any test: what does not end on SIGTERM is to fail the test, not to be killed. */
const STOP_WITHIN_MS = 600_000;

/** How a process ended. */
export interface ProcessEnd {
  code: number | null;
  signal: string | null;
}

/** A program as a process of its own, ready or not. */
export interface BatonProcess {
  pid: number;
  out(): string;
  err(): string;
  /** Whether it has ended, and its output was read. */
  hasEnded(): boolean;
  ended: Promise<ProcessEnd>;
  /** Sends SIGTERM and resolves with how it ended. */
  stop(): Promise<ProcessEnd>;
  /** Sends a signal and waits for nothing. */
  signal(name: 'SIGINT' | 'SIGSTOP' | 'SIGCONT'): void;
  /** Ends it as a crash does. */
  kill(): Promise<ProcessEnd>;
}

/**
 * Runs a `main.ts` with this environment and no other; it may well end before it is ready. `through` is put
 * before the program: a program that limits it, and then becomes it.
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

/** The first line that a program prints when it is ready, parsed; rejects with its log where it ends before. */
export function readStartLine(run: BatonProcess, name: string): Promise<unknown> {
  const startLine = () => {
    const end = run.out().indexOf('\n');
    if (end < 0 && run.hasEnded())
      throw new Error(`${name} ended before it was ready: ${run.err()}`);
    return end >= 0 && run.out().slice(0, end);
  };
  return waitFor(`the start line of ${name}`, startLine, START_LIMIT_MS).then(JSON.parse);
}
