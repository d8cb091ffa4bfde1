import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { waitFor } from './wait.ts';
import type { ProcessEnd } from './worker-process.ts';

const MAIN = fileURLToPath(new URL('../../apps/api/src/main.ts', import.meta.url));

/** The API's `main.ts` as a process of its own, listening or not. */
export interface ApiRun {
  child: ChildProcess;
  out(): string;
  err(): string;
  ended: Promise<ProcessEnd>;
}

/** Runs the API with this environment and no other; it may well end before it listens. */
export function runApi(env: Record<string, string>): ApiRun {
  const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text));
  const ended = once(child, 'close').then(([code, signal]): ProcessEnd => ({ code, signal }));
  return { child, out: () => said.out, err: () => said.err, ended };
}

/** Where it listens, once it says so; rejects with what it said where it ends before. */
export async function listening({ child, out, err }: ApiRun): Promise<string> {
  const line = await waitFor('the start line of the API', () => {
    if (child.exitCode !== null) throw new Error(`the API ended before it listened: ${err()}`);
    return out().includes('\n') && out();
  });
  return JSON.parse(line).api;
}
