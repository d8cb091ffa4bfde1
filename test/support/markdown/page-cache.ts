// Keeps parsed pages on disk. Parsing all pages takes more than a second, and between two runs of the
// tests few pages change.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { threadId } from 'node:worker_threads';

/** The text of a page, with its path from the project's folder. */
type Source = { readonly path: string; readonly text: string };

type Parsed<T> = Record<string, T>;

/**
 * Returns the parsed form of each page. It parses only the pages that the cache file does not hold.
 * The key of an entry is a hash of path, text and `version`, so an entry is never out of date if
 * `version` changes with the parser.
 */
export function parseNewPages<T>(
  cacheFile: string,
  version: string,
  sources: readonly Source[],
  parse: (path: string, text: string) => T,
): T[] {
  const cached = readCache<T>(cacheFile);
  const entries = sources.map(({ path, text }): [string, T] => {
    const hash = createHash('sha256')
      .update(JSON.stringify([version, path, text]))
      .digest('hex');
    return [hash, cached[hash] ?? parse(path, text)];
  });
  if (entries.some(([hash]) => cached[hash] === undefined)) writeCache(cacheFile, entries);
  return entries.map(([, page]) => page);
}

function readCache<T>(file: string): Parsed<T> {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return {}; // missing or incomplete
  }
}

/** Replaces the file in one step, because several workers may read and write it at the same time. */
function writeCache<T>(file: string, entries: readonly [string, T][]): void {
  const written = `${file}.${process.pid}-${threadId}`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(written, JSON.stringify(Object.fromEntries(entries)));
    renameSync(written, file);
  } catch {
    // In a folder that cannot be written to, each run parses all pages.
  }
}
