import { realpath } from 'node:fs/promises';
import { AppError, withDeadline } from '@baton/core/internal';
import { makeFolder } from './make-folder.ts';

/** How long a file system may take to answer before it counts as hung, in milliseconds. */
const ANSWER_WITHIN_MS = 30_000;

/**
 * Makes WORK_ROOT if absent and returns its path without symlinks. Throws INVALID_CONFIG if the directory
 * cannot be made, or if the file system does not answer in time.
 *
 * @param workRoot An absolute path.
 * @param withinMs How long the file system may take, in milliseconds.
 * @param make The function that makes the folder. A test passes a function that never answers.
 */
export async function makeWorkRoot(
  workRoot: string,
  withinMs = ANSWER_WITHIN_MS,
  make = makeFolder,
): Promise<string> {
  try {
    return await withDeadline(withinMs, async () => {
      await make(workRoot);
      return realpath(workRoot);
    });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new AppError(
      'INVALID_CONFIG',
      `WORK_ROOT: cannot make the directory ${workRoot} (${code ?? message}); set it to a directory that this worker may write`,
      { cause: error },
    );
  }
}
