import { fileURLToPath } from 'node:url';
import { type BatonProcess, readStartLine, runMain } from './baton-process.ts';

const MAIN = fileURLToPath(new URL('../../apps/api/src/main.ts', import.meta.url));

/** Runs the API's `main.ts` with this environment and no other; it may well end before it listens. */
export function runApi(env: Record<string, string>): BatonProcess {
  return runMain(MAIN, env);
}

/** Where the API listens, once it says so; rejects with its log where it ends before. */
export async function listening(run: BatonProcess): Promise<string> {
  const { api } = (await readStartLine(run, 'the API')) as { api: string };
  return api;
}
