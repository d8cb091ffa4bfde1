import type { FoundProgram } from './candidates.ts';
import { reasonOf } from './errors.ts';
import type { Host } from './host.ts';
import { run } from './run.ts';

/**
 * Asks a browser for its version. Resolves to undefined if the browser answers, else to the reason why it does not run
 * here.
 */
export async function runsHere(
  { env, guardian }: Pick<Host, 'env' | 'guardian'>,
  { program, env: own }: FoundProgram,
): Promise<string | undefined> {
  try {
    await run(guardian, program, ['--version'], { env: { PATH: env['PATH'], ...own }, cwd: '/' });
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}
