// Starts a worker as a separate process, as operators do.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { startChild } from './child.ts';

const MAIN = fileURLToPath(new URL('../apps/worker/src/main.ts', import.meta.url));

/** A worker process that takes jobs. */
export interface BenchWorker {
  /** Returns the worker's resident memory in bytes. */
  memory(): Promise<number>;
  /** Returns the processor time that the worker has used, in milliseconds. */
  cpuMs(): Promise<number>;
  /** Kills the worker with SIGKILL, to simulate a failure of its host. */
  kill(): void;
  stop(): Promise<void>;
}

/** Starts a worker with this environment, and resolves when it is ready. */
export async function startWorker(env: Record<string, string>): Promise<BenchWorker> {
  const { process: child, stop } = await startChild(MAIN, {
    HOME: env['WORK_ROOT'] ?? '/',
    ...env,
  });
  return {
    async cpuMs() {
      const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8');
      // proc(5): utime and stime are fields 14 and 15, in ticks of 10 ms.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11]) + Number(fields[12])) * 10;
    },
    kill: () => void child.kill('SIGKILL'),
    async memory() {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
      const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
      if (kib === undefined) throw new Error('expected VmRSS in /proc/<pid>/status');
      return Number(kib) * 1024;
    },
    stop,
  };
}
