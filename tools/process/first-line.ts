import { createInterface } from 'node:readline';
import type { LaunchedProcess } from './launch.ts';

/**
 * Resolves to the first line on a process's standard output. Baton's programs print this line when
 * they are ready. Call this function in the same tick as the launch. Rejects with an error that
 * contains `name` if the process ends before it prints a line.
 */
export async function readFirstLine(
  { stdout, ended }: Pick<LaunchedProcess, 'stdout' | 'ended'>,
  name: string,
): Promise<string> {
  const line = new Promise<string>((resolve) => {
    if (stdout) createInterface({ input: stdout }).once('line', resolve);
  });
  const early = ended.then(({ description }) => {
    throw new Error(`${name} ended (${description}) before it was ready: see its log`);
  });
  return Promise.race([line, early]);
}
