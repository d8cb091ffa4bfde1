import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { installerEnvironment } from '../../tools/dev-services/environment.ts';
import type { Services } from '../../tools/dev-services/services.ts';
import { nodeArguments } from '../../tools/process/node-arguments.ts';

const fixture = join(import.meta.dirname, '../integration/tools/dev-services/launcher-fixture.ts');

/** Returns the variables of this run that a start needs, without the URLs of the run's own services. */
export function startEnvironment(
  changes: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const { BATON_MONGODB } = process.env;
  const forced = BATON_MONGODB === undefined ? {} : { BATON_MONGODB };
  return { ...installerEnvironment(process.env), ...forced, ...changes };
}

/** A separate process that starts the services. */
export type Launcher = {
  readonly process: ChildProcess;
  /** Resolves once both servers answer; rejects with the process's log if it ends before that. */
  readonly ready: Promise<Pick<Services, 'redis' | 'mongodb'>>;
  /** Resolves with the first line of the process's log that matches. */
  readonly says: (pattern: RegExp) => Promise<string>;
};

/** Starts the services in a separate process, so that a test can kill it. */
export function launch(env: Readonly<Record<string, string>>, dataDir?: string): Launcher {
  const args = nodeArguments(fixture, ...(dataDir === undefined ? [] : [dataDir]));
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const said: string[] = [];
  const lines = createInterface({ input: child.stderr }).on('line', (line) => said.push(line));
  const ready = new Promise<Pick<Services, 'redis' | 'mongodb'>>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line)));
    child.once('close', () => reject(new Error(said.join('\n'))));
  });
  ready.catch(() => {}); // a test that kills the process first does not await `ready`
  return {
    process: child,
    ready,
    async says(pattern) {
      for (;;) {
        const line = said.find((one) => pattern.test(one));
        if (line !== undefined) return line;
        await once(lines, 'line');
      }
    },
  };
}
