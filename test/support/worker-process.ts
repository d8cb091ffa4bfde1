import { fileURLToPath } from 'node:url';
import { type BatonProcess, readStartLine, runMain } from './baton-process.ts';

const MAIN = fileURLToPath(new URL('../../apps/worker/src/main.ts', import.meta.url));

/** A worker that has reported that it is ready. */
export interface WorkerProcess extends BatonProcess {
  id: string;
  health: string;
}

/**
 * Runs a worker's `main.ts` with exactly this environment. The worker may end before it is ready.
 * `through` is a command that is put before the program, see `runMain`.
 */
export function runWorker(
  env: Record<string, string>,
  through: readonly string[] = [],
): BatonProcess {
  return runMain(MAIN, env, through);
}

/** Runs a worker and waits for its start line. Rejects with its log if it ends before that. */
export async function startWorker(
  env: Record<string, string>,
  through: readonly string[] = [],
): Promise<WorkerProcess> {
  const run = runWorker(env, through);
  const line = await readStartLine(run, 'the worker');
  const { worker, pid, health } = line as { worker: string; pid: number; health: string };
  return { ...run, id: worker, pid, health };
}
