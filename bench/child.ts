// Starts a program of Baton as a separate process, as operators do.
import { readFirstLine } from '../tools/process/first-line.ts';
import { type LaunchedProcess, launch } from '../tools/process/launch.ts';

/** How long a program may take to stop, in milliseconds. A worker drains before it stops. */
const STOP_WITHIN_MS = 60_000;

/** A process that has printed its first line. */
export interface Child {
  readonly process: Pick<LaunchedProcess, 'pid' | 'kill'>;
  /** The first line that the process printed. */
  readonly line: string;
  stop(): Promise<void>;
}

/** Starts a program with this environment, and resolves when it has printed its first line. */
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
