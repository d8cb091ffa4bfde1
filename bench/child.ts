// A program of ours as a process of its own, as operators run it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A process that is ready. */
export interface Child {
  readonly process: ChildProcess;
  /** The first line it printed. */
  readonly said: string;
  stop(): Promise<void>;
}

/** Starts a program with this environment and resolves once it has said its first line. */
export async function startChild(main: string, env: Record<string, string>): Promise<Child> {
  const path = process.env['PATH'] ?? '';
  const child = spawn(process.execPath, [main], {
    env: { PATH: path, LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ready = once(createInterface({ input: child.stdout }), 'line');
  const ended = once(child, 'exit').then(() => {
    throw new Error(`${main} ended before it was ready`);
  });
  const [said] = await Promise.race([ready, ended]);
  ended.catch(() => {});
  return {
    process: child,
    said,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
    },
  };
}
