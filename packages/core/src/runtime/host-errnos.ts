/** The errnos which mean that the host lacks a resource or is broken, whatever the program was doing. Each has its meaning. */
export const HOST_ERRNOS: Readonly<Record<string, string>> = {
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

// The messages that the CLI, its runtime, a shell, git or libc print for such an error.
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

/** Returns the errno of a host error that a program reports in its output, or null. */
export function findReportedErrno(output: string): string | null {
  const named = ERRNO_IN_TEXT.exec(output)?.[1];
  return named ?? HOST_ERROR_PATTERNS.find(([pattern]) => pattern.test(output))?.[1] ?? null;
}
