import { describe, expect, test } from 'vitest';
import {
  findFileProblem,
  findHostErrno,
  findReportedProblem,
  findSpawnProblem,
} from '../../../../apps/worker/src/host-problem/find-host-problem.ts';

function errno(code: string, more: object = {}): Error {
  return Object.assign(new Error(`${code}: it failed`), { code, syscall: 'open', ...more });
}

const ANYWHERE = [
  'EAGAIN',
  'EDQUOT',
  'EFBIG',
  'EIO',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'ENOSPC',
  'ENOTCONN',
  'EROFS',
  'ESTALE',
  'ETXTBSY',
];

describe('the worker treats as a host problem', () => {
  test.for(ANYWHERE)('%s of a file, of a spawn, or in the CLI’s output', (code) => {
    expect(findHostErrno(errno(code))).toBe(code);
    expect(findFileProblem(errno(code, { path: '/tmp/x' }))?.message).toMatch(
      `(${code}) at /tmp/x`,
    );
    expect(findSpawnProblem(code, '/bin/claude')).not.toBeNull();
    expect(findReportedProblem(`Error: ${code}: something, write`)?.code).toBe('HOST_ERROR');
  });

  test.for([
    'ENOENT',
    'EACCES',
    'EPERM',
    'ENOTDIR',
    'ELOOP',
    'EEXIST',
    'EISDIR',
    'EINVAL',
    'ENAMETOOLONG',
  ])('%s of one of Baton’s folders', (code) => {
    expect(findHostErrno(errno(code))).toBeNull();
    expect(findFileProblem(errno(code))).toMatchObject({ code: 'HOST_ERROR' });
  });

  test.for(['ENOENT', 'EACCES', 'ENOEXEC', 'EPERM', 'ETXTBSY'])('%s of the CLI', (code) => {
    expect(findSpawnProblem(code, '/bin/claude')).toMatchObject({ code: 'CLAUDE_NOT_FOUND' });
  });

  test('an errno that caused another error', () => {
    const away = new Error('no connection', { cause: new Error('x', { cause: errno('EMFILE') }) });
    expect(findHostErrno(away)).toBe('EMFILE');
  });

  test.for([
    'sh: 1: Cannot fork',
    'bash: fork: retry: Resource temporarily unavailable',
    'pthread_create: Resource temporarily unavailable',
    'cp: error writing: No space left on device',
    'Too many open files in system',
    'fork: Cannot allocate memory',
    'bad interpreter: Text file busy',
  ])('the text "%s" in the CLI’s output', (said) => {
    expect(findReportedProblem(said)).toMatchObject({ code: 'HOST_ERROR' });
  });
});

describe('the worker does not treat as a host problem', () => {
  test('a connection error, or an error without a file', () => {
    expect(findFileProblem(errno('ECONNREFUSED', { syscall: 'connect' }))).toBeNull();
    expect(findFileProblem(new Error('unforeseen'))).toBeNull();
    expect(findFileProblem('text')).toBeNull();
  });

  test.for(['E2BIG', 'ERR_INVALID_ARG_VALUE'])(
    '%s of a spawn, because the arguments caused it',
    (code) => {
      expect(findSpawnProblem(code, '/bin/claude')).toBeNull();
    },
  );

  test.for(['', 'getaddrinfo EAI_AGAIN api', 'error: unknown option', 'MEIO'])(
    'the text "%s" in the CLI’s output',
    (said) => {
      expect(findReportedProblem(said)).toBeNull();
    },
  );
});
