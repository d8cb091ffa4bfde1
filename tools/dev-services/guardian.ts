import { join } from 'node:path';
import { type LaunchedProcess, type LaunchOptions, launch } from '../process/launch.ts';
import type { Environment } from './environment.ts';
import { ServicesError } from './errors.ts';

/** Starts processes that do not outlive this process, even if it is killed with SIGKILL. */
export type Guardian = {
  readonly pid: number;
  /** Returns whether `close` was called. From then on, spawned processes end on purpose. */
  isClosed(): boolean;
  /** Resolves with the reason if the guardian ended before `close`. The spawned processes are then unguarded. */
  readonly failed: Promise<string>;
  /** Starts a program as the leader of its own process group, with empty standard input. Throws after `close`. */
  readonly spawn: (
    file: string,
    args: readonly string[],
    options: GuardedOptions,
  ) => LaunchedProcess;
  /** Makes the guardian remove the folder when it ends, if the folder still exists. */
  readonly removeAtEnd: (folder: string) => void;
  /** Stops all spawned processes that still run, and resolves when they have ended. It may be called twice. */
  readonly close: () => Promise<void>;
};

/** The options of a guarded process. Its output goes to pipes. */
type GuardedOptions = Pick<LaunchOptions, 'env' | 'cwd' | 'stopWithinMs'>;

// The program starts only once the guardian knows its group. If the launcher is killed before that, the pipe closes
// and the program is not started.
const startScript = 'read -r _ || exit 1; exec "$@" </dev/null';

/** Starts a guardian: a small shell process that reads from a pipe of this process. */
export function createGuardian(env: Environment): Guardian {
  const shell = launch('/bin/sh', [join(import.meta.dirname, 'guardian.sh')], {
    env: { PATH: env['PATH'] },
    cwd: '/',
    detached: true,
    stdin: 'pipe',
    stdout: 'ignore',
    stderr: 'ignore',
  });
  let isClosed = false;
  const failed = Promise.withResolvers<string>();
  void shell.ended.then(({ description }) => {
    if (!isClosed)
      failed.resolve(`the guardian of the started processes ended by itself (${description})`);
  });

  return {
    pid: shell.pid,
    isClosed: () => isClosed,
    failed: failed.promise,
    spawn(file, args, options) {
      if (isClosed) throw new ServicesError(`${file} was not started: everything is being stopped`);
      const gated = ['-c', startScript, 'sh', file, ...args];
      const child = launch('/bin/sh', gated, { ...options, detached: true, stdin: 'pipe' });
      shell.stdin?.write(`+ ${child.pid}\n`);
      void child.exited.then(() => shell.stdin?.write(`- ${child.pid}\n`));
      child.stdin?.end('go\n');
      return child;
    },
    removeAtEnd: (folder) => void shell.stdin?.write(`d ${folder}\n`),
    async close() {
      isClosed = true;
      shell.stdin?.end();
      await shell.ended;
    },
  };
}
