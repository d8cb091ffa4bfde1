import { createInterface } from 'node:readline';
import type { Environment } from './environment.ts';
import { ServicesError } from './errors.ts';
import type { Guardian } from './guardian.ts';
import { collectTail } from './tail.ts';

/** The options for running a program to its end. */
export type RunOptions = {
  readonly env: Environment;
  readonly cwd: string;
  /** Called with every line of its standard error. */
  readonly onLine?: (line: string) => void;
};

/**
 * Runs a program to its end and returns its last output. Throws an error with this output if the
 * program does not exit with 0.
 */
export async function run(
  guardian: Guardian,
  file: string,
  args: readonly string[],
  { env, cwd, onLine }: RunOptions,
): Promise<string> {
  const child = guardian.spawn(file, args, { env, cwd });
  const output = collectTail(child.stdout, child.stderr);
  if (onLine && child.stderr) createInterface({ input: child.stderr }).on('line', onLine);
  const { code, description } = await child.ended;
  if (code !== 0) throw new ServicesError(`${file} ended with ${description}: ${output()}`);
  return output();
}
