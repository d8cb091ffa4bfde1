import { mainTranscriptPath } from '@baton/core/internal';
import { createTranscriptCopier, type TranscriptCopier } from '../transcript/copier.ts';
import { createMessageIdFinder } from '../transcript/taken-messages.ts';
import type { AttemptContext } from './attempt-context.ts';
import type { Prepared } from './prepare.ts';
import type { RunTrackers } from './progress.ts';
import { createSpendingReader } from './read-spending.ts';

/**
 * Creates the copier of an attempt's transcript, which the CLI writes in `projectDir`. The copier
 * passes the usage of each appended message to the meter, and reports to the relay which messages
 * of callers were appended. It logs each file that it leaves out.
 */
export function createAttemptCopier(
  { deps, session, attempt, relay, log }: AttemptContext,
  projectDir: string,
  { restored }: Pick<Prepared, 'restored'>,
  { meter, claudeSession }: Pick<RunTrackers, 'meter' | 'claudeSession'>,
): TranscriptCopier {
  const finder = createMessageIdFinder();
  const readSpending = createSpendingReader(restored, meter);
  return createTranscriptCopier(deps.stores.transcripts, {
    sessionId: session.id,
    rootSessionId: session.root_session_id,
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
    onAppended(path, data) {
      readSpending(path, data);
      const isMain = path === mainTranscriptPath(claudeSession.id());
      if (isMain && relay.isExpecting()) relay.foundInTranscript(finder.add(data));
    },
  });
}
