import { createInterface } from 'node:readline';
import type { LaunchedProcess } from './launch.ts';

/**
 * Resolves with the first line on the process's standard output, which programs of Baton print when they are ready.
 * Call it in the tick of the launch. Rejects with an error that names `name` if the process ends before.
 */
export async function readFirstLine(
  { stdout, ended }: Pick<LaunchedProcess, 'stdout' | 'ended'>,
  name: string,
): Promise<string> {
  const line = new Promise<string>((resolve) => {
    if (stdout) createInterface({ input: stdout }).once('line', resolve);
  });
  const early = ended.then(({ description }) => {
    throw new Error(`${name} ended (${description}) before it was ready: its log says why`);
  });
  return Promise.race([line, early]);
}
