import { createTranscriptCopier, type TranscriptCopier } from '../transcript/copier.ts';
import type { AttemptContext } from './attempt-context.ts';
import type { Prepared } from './prepare.ts';
import type { RunTrackers } from './progress.ts';
import { createSpendingReader } from './read-spending.ts';

/**
 * Creates the copier of an attempt's transcript, which the CLI writes in `projectDir`. The copier
 * passes the usage of each appended message to the meter. It logs each file that it leaves out.
 */
export function createAttemptCopier(
  { deps, session, attempt, log }: AttemptContext,
  projectDir: string,
  { restored }: Pick<Prepared, 'restored'>,
  { meter }: Pick<RunTrackers, 'meter'>,
): TranscriptCopier {
  return createTranscriptCopier(deps.stores.transcripts, {
    sessionId: session.id,
    fence: attempt.fence,
    projectDir,
    restored: restored.files,
    masker: deps.masker,
    onUnreadable: (path, error) =>
      log.error(
        { err: error, path },
        'a transcript file cannot be read; Baton leaves it out and tries again with the next copy',
      ),
    onSecretPath: (path) =>
      log.error(
        { path },
        'the path of a transcript file contains a secret; Baton does not save the file',
      ),
    onAppended: createSpendingReader(restored, meter),
  });
}
