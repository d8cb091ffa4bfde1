import { mkdir, realpath } from 'node:fs/promises';
import { AppError } from '@baton/core/internal';

/** Makes WORK_ROOT if absent and returns its path without symlinks; throws INVALID_CONFIG where that cannot be. */
export async function makeWorkRoot(workRoot: string): Promise<string> {
  try {
    await mkdir(workRoot, { recursive: true });
    return await realpath(workRoot);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new AppError(
      'INVALID_CONFIG',
      `WORK_ROOT: cannot make the directory ${workRoot} (${code}); set it to one that this worker may write`,
      { cause: error },
    );
  }
}
