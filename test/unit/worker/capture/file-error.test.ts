import { expect, test } from 'vitest';
import { judgeFileError } from '../../../../apps/worker/src/capture/file-error.ts';

const errorOf = (code: string) => Object.assign(new Error(code), { code, syscall: 'open' });

test.each([
  ['ENOENT', 'changed'],
  ['ENOTDIR', 'changed'],
  ['ELOOP', 'changed'],
  ['EACCES', 'unreadable'],
  ['EPERM', 'unreadable'],
  ['ENAMETOOLONG', 'path_too_long'],
])('The errno %s says that the file is %s', (code, problem) => {
  expect(judgeFileError(errorOf(code))).toBe(problem);
});

test('An error of the host, and one that no system call caused, is thrown', () => {
  for (const error of [errorOf('EIO'), errorOf('EMFILE'), new Error('a bug')]) {
    expect(() => judgeFileError(error)).toThrow(error);
  }
});
