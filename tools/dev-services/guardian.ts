import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
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
  readonly spawn: (file: string, args: readonly string[], options: GuardedOptions) => ChildProcess;
  /** Has the folder removed when the guardian ends, unless it is gone by then. */
  readonly removeAtEnd: (folder: string) => void;
  /** Stops what was spawned and still runs, and resolves when that is gone; safe to call twice. */
  readonly close: () => Promise<void>;
};

/** What a guarded process gets: an explicit environment, and where its output goes (default: pipes). */
type GuardedOptions = {
  readonly env: Environment;
  readonly cwd: string;
  readonly output?: 'pipe' | 'inherit' | 'ignore';
};

// The program starts only once the guardian knows its group: a launcher that is killed in between closes the pipe instead.
const startScript = 'read -r _ || exit 1; exec "$@" </dev/null';

/** Starts a guardian: a small shell process that holds the other end of a pipe of ours. */
export function createGuardian(env: Environment): Guardian {
  const shell = spawn('/bin/sh', [join(import.meta.dirname, 'guardian.sh')], {
    env: { PATH: env['PATH'] },
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.stdin.on('error', () => {}); // it was killed: there is nobody to tell, and stop() still works
  const ended = once(shell, 'exit');
  let isClosed = false;
  const failed = Promise.withResolvers<string>();
  shell.once('exit', (code, signal) => {
    if (!isClosed)
      failed.resolve(`the guardian of the processes ended by itself (${signal ?? code})`);
  });

  return {
    pid: shell.pid ?? 0,
    isClosed: () => isClosed,
    failed: failed.promise,
    spawn(file, args, { env: childEnv, cwd, output = 'pipe' }) {
      if (isClosed) throw new ServicesError(`${file} is not started: everything is being stopped`);
      const options: SpawnOptions = {
        env: { ...childEnv },
        cwd,
        detached: true,
        stdio: ['pipe', output, output],
      };
      const child = spawn('/bin/sh', ['-c', startScript, 'sh', file, ...args], options);
      child.stdin?.on('error', () => {}); // the program ended before it could start: its exit code says why
      shell.stdin.write(`+ ${child.pid}\n`);
      child.once('exit', () => shell.stdin.write(`- ${child.pid}\n`));
      child.stdin?.end('go\n');
      return child;
    },
    removeAtEnd: (folder) => void shell.stdin.write(`d ${folder}\n`),
    async close() {
      isClosed = true;
      shell.stdin.end();
      await ended;
    },
  };
}
