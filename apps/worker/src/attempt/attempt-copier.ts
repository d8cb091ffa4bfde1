import { createTranscriptCopier, type TranscriptCopier } from '../transcript/copier.ts';
import type { AttemptContext } from './attempt-context.ts';
import type { Prepared } from './prepare.ts';
import type { RunTrackers } from './progress.ts';
import { createSpendingReader } from './read-spending.ts';

/**
 * The copier of an attempt's transcript, which Claude keeps in `projectDir`. The meter takes into account what the
 * messages that are appended to it cost. A file that is left out is logged.
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
      log.error({ err: error, path }, 'a file of the transcript cannot be read; it is left out'),
    onSecretPath: (path) =>
      log.error({ path }, 'the path of a transcript file holds a secret; the file is not saved'),
    onAppended: createSpendingReader(restored, meter),
  });
}
