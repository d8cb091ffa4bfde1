import { type Dirent, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { findHostErrno } from '../host-problem/find-host-problem.ts';

/** Every file below a folder, as paths relative to it. */
export function listFiles(folder: string, prefix = ''): string[] {
  // By hand: the recursive listing of Node costs twice as much, and it is the better part of a copy.
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
    // A tool may have removed Claude's folder from under it: then there is nothing to copy.
    if (isFileError(error) && findHostErrno(error) === null) return [];
    throw error;
  }
}

/** Says whether a file is JSONL, to which the CLI only appends. The rest is small, or rewritten as it pleases the CLI. */
export function isAppendOnly(path: string): boolean {
  return path.endsWith('.jsonl');
}

/** Says whether it is the file system that refused. */
export function isFileError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
