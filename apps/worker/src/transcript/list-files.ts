import { type Dirent, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { findHostErrno } from '../host-problem/find-host-problem.ts';

/** Returns all files below a folder, as paths relative to the folder. */
export function listFiles(folder: string, prefix = ''): string[] {
  // Node's own recursive listing takes twice as long, and the listing is most of the cost of a copy.
  return entriesOf(folder).flatMap((entry) => {
    const path = prefix + entry.name;
    if (entry.isFile()) return [path];
    return entry.isDirectory() ? listFiles(join(folder, entry.name), `${path}/`) : [];
  });
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    // A tool may have removed Claude's folder. Then there is nothing to copy.
    if (isFileError(error) && findHostErrno(error) === null) return [];
    throw error;
  }
}

/** Returns whether a file is JSONL: the CLI only appends to it. Other files are small, or the CLI rewrites them. */
export function isAppendOnly(path: string): boolean {
  return path.endsWith('.jsonl');
}

/** Returns whether an error comes from a system call, such as reading a file. */
export function isFileError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
