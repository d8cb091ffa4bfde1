import { join } from 'node:path';
import { type LaunchedProcess, type LaunchOptions, launch } from '../process/launch.ts';
import type { Environment } from './environment.ts';
import { ServicesError } from './errors.ts';

/** Starts processes that do not outlive this one, even when it is killed with SIGKILL. */
export type Guardian = {
  readonly pid: number;
  /** Says whether `close` was called: an end of what was spawned is meant from then on. */
  isClosed(): boolean;
  /** Resolves with the reason when the guardian has ended before `close`: nothing guards what runs any more. */
  readonly failed: Promise<string>;
  /** Starts a program as the leader of its own process group, its standard input empty; throws once `close` was called. */
  readonly spawn: (
    file: string,
    args: readonly string[],
    options: GuardedOptions,
  ) => LaunchedProcess;
  /** Has the folder removed when the guardian ends, unless it is gone by then. */
  readonly removeAtEnd: (folder: string) => void;
  /** Stops what was spawned and still runs, and resolves when that is gone; safe to call twice. */
  readonly close: () => Promise<void>;
};

/** What a guarded process gets; its output goes to pipes. */
type GuardedOptions = Pick<LaunchOptions, 'env' | 'cwd' | 'stopWithinMs'>;

// The program starts only once the guardian knows its group: a launcher that is killed in between closes the pipe instead.
const startScript = 'read -r _ || exit 1; exec "$@" </dev/null';

/** Starts a guardian: a small shell process that holds the other end of a pipe of ours. */
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
    if (!isClosed) failed.resolve(`the guardian of the processes ended by itself (${description})`);
  });

  return {
    pid: shell.pid,
    isClosed: () => isClosed,
    failed: failed.promise,
    spawn(file, args, options) {
      if (isClosed) throw new ServicesError(`${file} is not started: everything is being stopped`);
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
