// What git's messages mean for the session whose repository it was to reach.
import { AppError, type ErrorCode } from '@baton/core/internal';
import { GitFailedError } from './run-git.ts';

/** A code that a git call on a repository can fail with. */
type RepositoryCode = Extract<
  ErrorCode,
  | 'REPOSITORY_NOT_FOUND'
  | 'REPOSITORY_AUTH'
  | 'REF_NOT_FOUND'
  | 'REPOSITORY_NOT_ALLOWED'
  | 'REPOSITORY_UNAVAILABLE'
>;

// The first pattern that fits decides. Git prints these with LC_ALL=C; test/contract/git.test.ts pins the usual ones.
const PROBLEMS: readonly (readonly [RegExp, RepositoryCode, string])[] = [
  [
    /returned error: 30\d/,
    'REPOSITORY_NOT_ALLOWED',
    'the git server redirects to another address; give the address that it redirects to',
  ],
  [
    /host key verification failed|no .* host key is known/i,
    'REPOSITORY_AUTH',
    "the git server's host key is not among the known ones; set workspace.credentials.ssh_known_hosts",
  ],
  [
    /authentication failed|could not read (?:username|password)|permission denied|returned error: 40[13]|load key .*(?:invalid format|error in libcrypto)/i,
    'REPOSITORY_AUTH',
    'the git server refused the credentials, or asked for credentials that it did not get',
  ],
  [
    /repository '.*' not found|repository not found|returned error: (?:404|410)|does not (?:appear to be|look like) a git repository|not a git repository|no such repository|does not exist/i,
    'REPOSITORY_NOT_FOUND',
    'the git server has no such repository, or its credentials do not show it',
  ],
  [
    /couldn't find remote ref|not our ref|unadvertised object|remote did not send all necessary objects|no such (?:ref|remote ref)/i,
    'REF_NOT_FOUND',
    'the repository has no such branch, tag or commit',
  ],
];

const UNAVAILABLE = 'the git server did not answer, or broke off';
const MESSAGE_MAX_LENGTH = 300;

/**
 * Returns the error of a session for a failed git call. Any other error is returned as it is.
 *
 * @param field The field of the config that names the repository.
 * @param secrets Texts that no message may show.
 */
export function toRepositoryProblem(
  error: unknown,
  field: string,
  secrets: readonly string[],
): unknown {
  if (!(error instanceof GitFailedError)) return error;
  const { code, message } = findRepositoryProblem(error.stderr);
  const said = error.isTimeout ? 'git took too long' : getFinalMessage(error.stderr, secrets);
  return new AppError(code, `${field}: ${message}${said === '' ? '' : ` (${said})`}`, {
    details: { field },
    cause: error,
  });
}

// What git says of its own files, after a process or a host died while it wrote them, or after an agent changed them.
const DAMAGE =
  /cannot lock ref|local refs could not be updated|bad shallow|unexpected line in|bad ref|bad object|did not send all necessary objects|packfile .* (?:truncated|cannot be|is far too short|does not match)|index file .* (?:too small|corrupt|bad)|(?:wrong|bad) (?:index|object)|unable to read|missing (?:blob|tree|commit)|is corrupt/i;

/** Returns whether a git call may have failed because the repository that it ran in, or copied from, is damaged. */
export function isDamage(error: unknown): boolean {
  const failed = error instanceof AppError ? error.cause : error;
  return failed instanceof GitFailedError && !failed.isTimeout && DAMAGE.test(failed.stderr);
}

/** Returns the code for what git wrote to standard error, and a phrase that explains it. */
export function findRepositoryProblem(stderr: string): { code: RepositoryCode; message: string } {
  // Lines that a server chose could name any problem.
  const own = stderr
    .split('\n')
    .filter((line) => !line.startsWith('remote:'))
    .join('\n');
  const found = PROBLEMS.find(([pattern]) => pattern.test(own));
  if (!found) return { code: 'REPOSITORY_UNAVAILABLE', message: UNAVAILABLE };
  return { code: found[1], message: found[2] };
}

// The last line with which git itself ended: not what the server said.
function getFinalMessage(stderr: string, secrets: readonly string[]): string {
  const line = stderr
    .split('\n')
    .filter((one) => /^(?:fatal|error): /.test(one))
    .at(-1);
  let text = (line ?? '').replaceAll(/\p{Cc}/gu, ' ');
  for (const secret of secrets) if (secret !== '') text = text.replaceAll(secret, '***');
  return text.slice(0, MESSAGE_MAX_LENGTH);
}
