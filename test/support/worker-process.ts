import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { waitFor } from './wait.ts';

const MAIN = fileURLToPath(new URL('../../apps/worker/src/main.ts', import.meta.url));

// Several start at once, on machines that have other things to do.
const START_LIMIT_MS = 60_000;

/** How a process ended. */
export interface ProcessEnd {
  code: number | null;
  signal: string | null;
}

/** A worker's `main.ts` as a process of its own, ready or not. */
export interface WorkerRun {
  child: ChildProcess;
  out(): string;
  err(): string;
  ended: Promise<ProcessEnd>;
  /** Sends SIGTERM and resolves with how it ended. */
  stop(): Promise<ProcessEnd>;
  /** Ends it as a crash does. */
  kill(): Promise<ProcessEnd>;
}

/** A worker that said it is ready. */
export interface WorkerProcess extends WorkerRun {
  id: string;
  pid: number;
  health: string;
}

/**
 * Runs a worker with this environment and no other; it may well end before it is ready. `through` is put
 * before the program: one that limits it, and then becomes it.
 */
export function runWorker(env: Record<string, string>, through: readonly string[] = []): WorkerRun {
  const [program = process.execPath, ...args] = [...through, process.execPath, MAIN];
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text));
  const ended = once(child, 'close').then(([code, signal]): ProcessEnd => ({ code, signal }));
  const signalled = (signal: NodeJS.Signals) => () => {
    child.kill(signal);
    return ended;
  };
  return {
    child,
    out: () => said.out,
    err: () => said.err,
    ended,
    stop: signalled('SIGTERM'),
    kill: signalled('SIGKILL'),
  };
}

/** Runs a worker and waits for its start line; rejects with what it said where it ends before. */
export async function startWorker(
  env: Record<string, string>,
  through: readonly string[] = [],
): Promise<WorkerProcess> {
  const run = runWorker(env, through);
  const startLine = () => {
    const end = run.out().indexOf('\n');
    if (end < 0 && run.child.exitCode !== null) {
      throw new Error(`the worker ended before it was ready: ${run.err()}`);
    }
    return end >= 0 && run.out().slice(0, end);
  };
  const line = await waitFor('the start line of the worker', startLine, START_LIMIT_MS);
  const { worker, pid, health } = JSON.parse(line) as Record<'worker' | 'health', string> & {
    pid: number;
  };
  return { ...run, id: worker, pid, health };
}
