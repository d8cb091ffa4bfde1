import { fileURLToPath } from 'node:url';

const COMPILE_CACHE = fileURLToPath(new URL('./compile-cache.cjs', import.meta.url));

/** Returns Node's arguments to run a program of this repository with the compile cache. */
export function nodeArguments(main: string, ...args: readonly string[]): string[] {
  return ['--require', COMPILE_CACHE, main, ...args];
}
