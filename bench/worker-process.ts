// Starts a worker as a separate process, as operators do.
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { startChild } from './child.ts';

const MAIN = fileURLToPath(new URL('../apps/worker/src/main.ts', import.meta.url));

/** A worker process that takes jobs. */
export interface BenchWorker {
  /** Returns the worker's resident memory in bytes. */
  memory(): Promise<number>;
  /** Returns the processor time that the worker has used, in milliseconds. */
  cpuMs(): Promise<number>;
  /**
   * Returns the processor time that the worker and its ended processes have used, in milliseconds: also that of the CLI
   * and of git.
   */
  cpuWithEndedMs(): Promise<number>;
  /** Returns the processor time of a thread of the worker, in milliseconds. */
  threadCpuMs(thread: string): Promise<number>;
  /** Returns the thread, apart from the main thread, that has a running process at this moment, or null. */
  findThreadWithProcess(): Promise<string | null>;
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

  // proc(5): utime, stime, cutime and cstime are fields 14 to 17, in ticks of 10 ms.
  async function readTimes(file = 'stat'): Promise<[number, number, number, number]> {
    const stat = await readFile(`/proc/${child.pid}/${file}`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ms = (index: number) => Number(fields[index]) * 10;
    return [ms(11), ms(12), ms(13), ms(14)];
  }

  return {
    async cpuMs() {
      const [user, system] = await readTimes();
      return user + system;
    },
    async cpuWithEndedMs() {
      const times = await readTimes();
      return times.reduce((sum, one) => sum + one, 0);
    },
    async threadCpuMs(thread) {
      // schedstat counts in nanoseconds. A capture is shorter than a few ticks.
      const schedule = await readFile(`/proc/${child.pid}/task/${thread}/schedstat`, 'utf8');
      return Number(schedule.split(' ')[0]) / 1_000_000;
    },
    async findThreadWithProcess() {
      for (const thread of await readdir(`/proc/${child.pid}/task`)) {
        if (thread === String(child.pid)) continue;
        const file = `/proc/${child.pid}/task/${thread}/children`;
        const children = await readFile(file, 'utf8').catch(() => '');
        if (children !== '') return thread;
      }
      return null;
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
