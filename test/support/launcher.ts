import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { installerEnvironment } from '../../tools/dev-services/environment.ts';
import type { Services } from '../../tools/dev-services/services.ts';
import { nodeArguments } from '../../tools/process/node-arguments.ts';

const fixture = join(import.meta.dirname, '../integration/tools/dev-services/launcher-fixture.ts');

/** Returns what a start needs of this run's environment, without the URLs of the run's own services. */
export function startEnvironment(
  changes: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const { BATON_MONGODB } = process.env;
  const forced = BATON_MONGODB === undefined ? {} : { BATON_MONGODB };
  return { ...installerEnvironment(process.env), ...forced, ...changes };
}

/** A start of the services in a process of its own. */
export type Launcher = {
  readonly process: ChildProcess;
  /** Resolves once both servers answer; rejects with what it said if it ended before. */
  readonly ready: Promise<Pick<Services, 'redis' | 'mongodb'>>;
  /** Resolves with the first line it says that matches. */
  readonly says: (pattern: RegExp) => Promise<string>;
};

/** Starts the services in a process of its own, which a test may kill. */
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
  ready.catch(() => {}); // a test that kills it first does not wait for it
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
