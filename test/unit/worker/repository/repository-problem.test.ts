import { describe, expect, test } from 'vitest';
import {
  findRepositoryProblem,
  toRepositoryProblem,
} from '../../../../apps/worker/src/repository/repository-problem.ts';
import { GitFailedError } from '../../../../apps/worker/src/repository/run-git.ts';

describe('what git says', () => {
  test.each([
    ["fatal: repository 'https://host/x.git/' not found", 'REPOSITORY_NOT_FOUND'],
    ['remote: Repository not found.\nfatal: repository not found', 'REPOSITORY_NOT_FOUND'],
    ["fatal: '/x' does not appear to be a git repository", 'REPOSITORY_NOT_FOUND'],
    ["fatal: Authentication failed for 'https://host/x.git/'", 'REPOSITORY_AUTH'],
    [
      "fatal: could not read Username for 'https://host': terminal prompts disabled",
      'REPOSITORY_AUTH',
    ],
    ['git@host: Permission denied (publickey).', 'REPOSITORY_AUTH'],
    ['Host key verification failed.', 'REPOSITORY_AUTH'],
    [
      "fatal: unable to access 'https://host/': The requested URL returned error: 403",
      'REPOSITORY_AUTH',
    ],
    [
      "fatal: unable to access 'https://host/': The requested URL returned error: 302",
      'REPOSITORY_NOT_ALLOWED',
    ],
    ["fatal: couldn't find remote ref refs/heads/x", 'REF_NOT_FOUND'],
    ['fatal: remote error: upload-pack: not our ref aaaa', 'REF_NOT_FOUND'],
    [
      "fatal: unable to access 'https://host/': The requested URL returned error: 503",
      'REPOSITORY_UNAVAILABLE',
    ],
    ['fatal: the remote end hung up unexpectedly', 'REPOSITORY_UNAVAILABLE'],
    ['something new', 'REPOSITORY_UNAVAILABLE'],
  ])('%s means %s', (stderr, code) => {
    expect(findRepositoryProblem(stderr).code).toBe(code);
  });

  test('a server cannot choose the code with its own lines', () => {
    const stderr = 'remote: Authentication failed\nfatal: the remote end hung up unexpectedly';
    expect(findRepositoryProblem(stderr).code).toBe('REPOSITORY_UNAVAILABLE');
  });
});

test('the error of a session names the field, and shows no secret', () => {
  const error = new GitFailedError('fetch', 'remote: s3cret\nfatal: no s3cret\n', false);
  expect(toRepositoryProblem(error, 'workspace.url', ['s3cret'])).toMatchObject({
    code: 'REPOSITORY_UNAVAILABLE',
    details: { field: 'workspace.url' },
    message: 'workspace.url: the git server did not answer, or broke off (fatal: no ***)',
  });
  const other = new Error('another error');
  expect(toRepositoryProblem(other, 'workspace.url', [])).toBe(other);
});
