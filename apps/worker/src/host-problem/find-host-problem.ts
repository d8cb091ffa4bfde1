// Finds errors that come from the host and not from a session, by their errno or by the message of a program.

/** What keeps a host from running sessions. */
export interface HostProblem {
  /** `CLAUDE_NOT_FOUND` and `CLAUDE_TOO_OLD` are problems of the CLI; `HOST_ERROR` is any other problem. */
  code: 'CLAUDE_NOT_FOUND' | 'CLAUDE_TOO_OLD' | 'HOST_ERROR';
  /** A phrase that fits after "because": what is wrong, and where. */
  message: string;
}

// Each of these errnos means that the host lacks a resource or is broken, whatever the program was
// doing.
const HOST_ERRNOS: Readonly<Record<string, string>> = {
  EAGAIN: 'no more processes or threads can be started',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the limit for the size of a file is reached',
  EIO: 'the disk or file system reports input/output errors',
  EMFILE: 'the worker has too many open files',
  ENFILE: 'the host has too many open files',
  ENOMEM: 'there is not enough memory',
  ENOSPC: 'there is no space left on the device',
  ENOTCONN: 'a mounted file system is not connected',
  EROFS: 'the file system is read-only',
  ESTALE: 'a mounted file system has gone stale',
  ETXTBSY: 'the file of the program is being written',
};

// Errnos of spawn that concern the program, which is the CLI.
const PROGRAM_ERRNOS = ['EACCES', 'ELIBBAD', 'ELOOP', 'ENOENT', 'ENOEXEC', 'EPERM', 'ETXTBSY'];

// The messages that the CLI, its runtime, a shell or libc print for such an error.
const HOST_ERROR_PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/no space left on device/i, 'ENOSPC'],
  [/disk quota exceeded/i, 'EDQUOT'],
  [/too many open files in system/i, 'ENFILE'],
  [/too many open files/i, 'EMFILE'],
  [/cannot fork|resource temporarily unavailable|pthread_create/i, 'EAGAIN'],
  [/cannot allocate memory/i, 'ENOMEM'],
  [/read-only file system/i, 'EROFS'],
  [/input\/output error/i, 'EIO'],
  [/text file busy/i, 'ETXTBSY'],
];

const ERRNO_IN_TEXT = new RegExp(`\\b(${Object.keys(HOST_ERRNOS).join('|')})\\b`);

// The errnos that a program gets if another process has removed or changed the files that Baton
// made for an attempt.
const LOST_FILE = /\b(EACCES|ELOOP|ENOENT|ENOTDIR|EPERM)\b/;

/** How many errors in a chain of causes are examined. */
const MAX_DEPTH = 5;

/** Returns the errno of an error or of its cause, if that errno always means a host error; else null. */
export function findHostErrno(error: unknown): string | null {
  let one = error;
  for (let depth = 0; depth < MAX_DEPTH && one instanceof Error; depth += 1) {
    const { code } = one as NodeJS.ErrnoException;
    if (typeof code === 'string' && code in HOST_ERRNOS) return code;
    one = one.cause;
  }
  return null;
}

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
  const named = ERRNO_IN_TEXT.exec(output)?.[1];
  const errno = named ?? HOST_ERROR_PATTERNS.find(([pattern]) => pattern.test(output))?.[1];
  return errno === undefined ? null : hostProblem(errno, ', according to the claude CLI');
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
