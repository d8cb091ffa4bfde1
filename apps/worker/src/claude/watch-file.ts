import { statSync } from 'node:fs';

/**
 * Looks at a file now. Returns a function that says whether the file has been changed, replaced or
 * removed since.
 */
export function watchFile(file: string): () => boolean {
  const before = identityOf(file);
  return () => identityOf(file) !== before;
}

function identityOf(file: string): string | null {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat ? [stat.dev, stat.ino, stat.size, stat.mtimeMs, stat.mode].join(' ') : null;
}
