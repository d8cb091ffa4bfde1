import { fileURLToPath } from 'node:url';
import { type BatonProcess, readStartLine, runMain } from './baton-process.ts';

const MAIN = fileURLToPath(new URL('../../apps/api/src/main.ts', import.meta.url));

/** Runs the API's `main.ts` with exactly this environment. The process may end before it listens. */
export function runApi(env: Record<string, string>): BatonProcess {
  return runMain(MAIN, env);
}

/** Waits until the API listens and returns its URL; rejects with its log if it ends before that. */
export async function listening(run: BatonProcess): Promise<string> {
  const { api } = (await readStartLine(run, 'the API')) as { api: string };
  return api;
}
