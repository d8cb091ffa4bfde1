import { findHostErrno } from '@baton/core/captures';

const VANISHED = ['ENOENT', 'ENOTDIR', 'ELOOP'];

/** What the error of a system call says about one file of a workspace. */
export type FileProblem = 'changed' | 'unreadable' | 'path_too_long';

/**
 * Returns what an error says about the file: a process removed or replaced it (`changed`), or Baton cannot read it.
 * Throws the error if it concerns the host, or if no system call caused it.
 */
export function judgeFileError(error: unknown): FileProblem {
  const isSystemError = error instanceof Error && 'syscall' in error && 'code' in error;
  if (!isSystemError || findHostErrno(error) !== null) throw error;
  if (error.code === 'ENAMETOOLONG') return 'path_too_long';
  return VANISHED.includes(String(error.code)) ? 'changed' : 'unreadable';
}
