import { fileURLToPath } from 'node:url';

const COMPILE_CACHE = fileURLToPath(new URL('./compile-cache.cjs', import.meta.url));

/** Returns the arguments with which Node runs a program of this repository, so that a second start is faster. */
export function nodeArguments(main: string, ...args: readonly string[]): string[] {
  return ['--require', COMPILE_CACHE, main, ...args];
}
