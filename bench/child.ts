// A program of ours as a process of its own, as operators run it.
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type LaunchedProcess, launch } from '../tools/process/launch.ts';

/** How long a program may take to stop, in milliseconds: a worker drains first. */
const STOP_WITHIN_MS = 60_000;

/** A process that is ready. */
export interface Child {
  readonly process: Pick<LaunchedProcess, 'pid' | 'kill'>;
  /** The first line it printed. */
  readonly said: string;
  stop(): Promise<void>;
}

/** Starts a program with this environment and resolves once it has said its first line. */
export async function startChild(main: string, env: Record<string, string>): Promise<Child> {
  const path = process.env['PATH'] ?? '';
  const child = launch(process.execPath, [main], {
    env: { PATH: path, LOG_LEVEL: 'warn', ...env },
    cwd: process.cwd(),
    stderr: 'inherit',
    stopWithinMs: STOP_WITHIN_MS,
  });
  if (child.stdout === null) throw new Error('expected a pipe');
  const ready = once(createInterface({ input: child.stdout }), 'line');
  const ended = child.ended.then(({ description }) => {
    throw new Error(`${main} ended (${description}) before it was ready`);
  });
  ended.catch(() => {}); // an end after it was ready is meant
  const [said] = await Promise.race([ready, ended]);
  return {
    process: child,
    said,
    async stop() {
      await child.stop();
    },
  };
}
