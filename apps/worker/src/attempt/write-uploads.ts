// Puts a session's uploaded files into its directory, just before its process starts.
import { AppError, isAppError, type Session, type Workspace } from '@baton/core/internal';
import { planUploads } from '../uploads/plan-uploads.ts';
import { PathBlockedError, putFile } from '../uploads/put-file.ts';
import type { AttemptContext } from './attempt-context.ts';
import type { Prepared } from './prepare.ts';
import { writeUntilAcknowledged } from './write-until-acknowledged.ts';

type FileRef = NonNullable<Session['config']['files']>[number];

/**
 * Puts the session's uploaded files into its directory, unless an earlier attempt has done it: the agent may have edited
 * them since. Resolves to what the workspace stores about them, which the caller must store before the process starts.
 * Resolves to null if the attempt must not write any more. Throws FILE_PATH_NOT_ALLOWED if something in the directory is
 * in the way, and FILE_NOT_FOUND; both name the field.
 */
export async function writeUploads(
  { deps, session, owned, writeOptions }: AttemptContext,
  { cwd, origin, planned }: Pick<Prepared, 'cwd' | 'origin' | 'planned'>,
): Promise<Pick<Workspace, 'uploads'> | null> {
  const { files = [] } = session.config;
  if (files.length === 0) return {};
  const uploads = session.workspace?.uploads;
  const plan = planUploads({ uploads, origin, isUncertain: planned?.isUncertain === true });
  if (plan !== 'none') {
    // An attempt that lost the session must not replace what the next one's agent has edited.
    const held = await writeUntilAcknowledged(() => owned.commit({}), writeOptions);
    if (held === null) return null;
    for (const [index, file] of files.entries()) {
      await write(deps.stores.files, file, { index, root: cwd, replaces: plan === 'replace' });
    }
  }
  return { uploads: uploads ?? 'written' };
}

async function write(
  store: AttemptContext['deps']['stores']['files'],
  { file_id, path }: FileRef,
  { index, root, replaces }: { index: number; root: string; replaces: boolean },
): Promise<void> {
  const draft = `.baton-${file_id}`;
  try {
    await putFile({ root, path, draft, replaces, read: () => store.read(file_id) });
  } catch (error) {
    const field = `files.${index}`;
    if (error instanceof PathBlockedError)
      throw named('FILE_PATH_NOT_ALLOWED', `${field}.path`, `${path}: ${error.message}`);
    if (isAppError(error) && error.code === 'FILE_NOT_FOUND')
      throw named('FILE_NOT_FOUND', `${field}.file_id`, error.message);
    throw error;
  }
}

function named(
  code: 'FILE_PATH_NOT_ALLOWED' | 'FILE_NOT_FOUND',
  field: string,
  message: string,
): AppError {
  return new AppError(code, `${field}: ${message}`, { details: { field } });
}
