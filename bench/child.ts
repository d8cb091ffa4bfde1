// A program of ours as a process of its own, as operators run it.
import { readFirstLine } from '../tools/process/first-line.ts';
import { type LaunchedProcess, launch } from '../tools/process/launch.ts';

/** How long a program may take to stop, in milliseconds: a worker drains first. */
const STOP_WITHIN_MS = 60_000;

/** A process that is ready. */
export interface Child {
  readonly process: Pick<LaunchedProcess, 'pid' | 'kill'>;
  /** The first line it printed. */
  readonly line: string;
  stop(): Promise<void>;
}

/** Starts a program with this environment and resolves once it has printed its first line. */
export async function startChild(main: string, env: Record<string, string>): Promise<Child> {
  const path = process.env['PATH'] ?? '';
  const child = launch(process.execPath, [main], {
    env: { PATH: path, LOG_LEVEL: 'warn', ...env },
    cwd: process.cwd(),
    stderr: 'inherit',
    stopWithinMs: STOP_WITHIN_MS,
  });
  const line = await readFirstLine(child, main);
  return {
    process: child,
    line,
    async stop() {
      await child.stop();
    },
  };
}
