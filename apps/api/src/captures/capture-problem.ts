import { CaptureCorruptError, findHostErrno, GitError } from '@baton/core/captures';
import { AppError, isAppError } from '@baton/core/internal';

// The errnos of a cache directory that this process cannot use.
const DIRECTORY_ERRNOS = ['EACCES', 'EPERM', 'ENOTDIR', 'EEXIST'];

/**
 * Converts an error of reading a capture: WORKSPACE_CORRUPT if the capture is damaged, and UNAVAILABLE if this host
 * cannot read it. Any other error stays as it is.
 */
export function toCaptureProblem(error: unknown): unknown {
  if (isAppError(error)) return error;
  if (error instanceof CaptureCorruptError || (error instanceof GitError && !error.isOfHost)) {
    return new AppError(
      'WORKSPACE_CORRUPT',
      "the stored capture of the session's files is damaged",
      {
        cause: error,
      },
    );
  }
  const errno = findHostErrno(error) ?? directoryErrno(error);
  if (!(error instanceof GitError) && errno === null) return error;
  return new AppError(
    'UNAVAILABLE',
    `this API process cannot read captured files now${errno === null ? '' : ` (${errno})`}; try again later`,
    { cause: error },
  );
}

function directoryErrno(error: unknown): string | null {
  const code = String((error as NodeJS.ErrnoException | null)?.code);
  return DIRECTORY_ERRNOS.includes(code) ? code : null;
}
