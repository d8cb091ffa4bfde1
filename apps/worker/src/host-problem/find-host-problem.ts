// Finds errors that come from the host and not from a session, by their errno or by the message of a program.
import { findHostErrno } from '@baton/core/captures';
import { findReportedErrno, HOST_ERRNOS } from '@baton/core/internal';

export { findHostErrno };

/** What keeps a host from running sessions. */
export interface HostProblem {
  /** `CLAUDE_NOT_FOUND` and `CLAUDE_TOO_OLD` are problems of the CLI; `HOST_ERROR` is any other problem. */
  code: 'CLAUDE_NOT_FOUND' | 'CLAUDE_TOO_OLD' | 'HOST_ERROR';
  /** A phrase that fits after "because": what is wrong, and where. */
  message: string;
}

// Errnos of spawn that concern the program, which is the CLI.
const PROGRAM_ERRNOS = ['EACCES', 'ELIBBAD', 'ELOOP', 'ENOENT', 'ENOEXEC', 'EPERM', 'ETXTBSY'];

// The errnos that a program gets if another process has removed or changed the files that Baton
// made for an attempt.
const LOST_FILE = /\b(EACCES|ELOOP|ENOENT|ENOTDIR|EPERM)\b/;

/**
 * Returns the problem behind an error of a file or folder that Baton itself makes or reads for an attempt, whatever its
 * errno. Returns null for any other error. Do not pass the error of a path that a session chose: working-dir.ts and
 * transcript/restore.ts turn such an error into a session error with a code.
 */
export function findFileProblem(error: unknown): HostProblem | null {
  const errno = findHostErrno(error) ?? fileErrno(error);
  if (errno === null) return null;
  const path = (error as NodeJS.ErrnoException).path;
  return hostProblem(errno, path === undefined ? '' : ` at ${path}`);
}

/** Returns the problem that kept the CLI from starting. Returns null if the session's arguments caused it. */
export function findSpawnProblem(errno: string, file: string): HostProblem | null {
  if (!/^E[A-Z0-9]+$/.test(errno) || errno === 'E2BIG') return null;
  if (!PROGRAM_ERRNOS.includes(errno)) return hostProblem(errno, ' to start the claude CLI');
  const why = HOST_ERRNOS[errno] ?? 'it is missing or cannot be run';
  return {
    code: 'CLAUDE_NOT_FOUND',
    message: `the claude CLI ${file} cannot be started: ${why} (${errno})`,
  };
}

/** Returns the host problem that a program reports in its output, or null. */
export function findReportedProblem(output: string): HostProblem | null {
  const errno = findReportedErrno(output);
  return errno === null ? null : hostProblem(errno, ', according to the claude CLI');
}

/**
 * Looks in a program's output for a line that contains both `folder` and an errno of a lost file. Returns the problem
 * that the line reports, or null if there is no such line.
 */
export function findLostFileProblem(output: string, folder: string): HostProblem | null {
  for (const line of output.split('\n')) {
    const errno = line.includes(folder) && LOST_FILE.exec(line)?.[1];
    if (errno) return hostProblem(errno, ` in ${folder}, according to the claude CLI`);
  }
  return null;
}

/** Returns the problem that an errno names. `where` is the end of its message. */
function hostProblem(errno: string, where: string): HostProblem {
  const what = HOST_ERRNOS[errno] ?? 'a file or folder cannot be used';
  return { code: 'HOST_ERROR', message: `${what} (${errno})${where}` };
}

function fileErrno(error: unknown): string | null {
  if (!(error instanceof Error) || !('syscall' in error)) return null;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (typeof code !== 'string') return null;
  return syscall === 'connect' || syscall === 'getaddrinfo' ? null : code;
}
