import type { Logger, TranscriptStore } from '@baton/core/internal';
import type { Meter } from '../claude/meter.ts';
import type { Masker } from '../masking/masker.ts';
import type { Restored } from '../transcript/restore.ts';
import { createTranscriptCopier, type TranscriptCopier } from '../transcript/copier.ts';
import { spendingIn } from '../transcript/spending.ts';

/** What saving the transcript of an attempt needs. */
export interface AttemptSaverOptions {
  store: TranscriptStore;
  sessionId: string;
  fence: number;
  /** Where Claude keeps the transcript. */
  projectDir: string;
  /** What the attempt began with. */
  restored: Restored;
  masker: Masker;
  /** Takes what the transcript says of new messages into account. */
  meter: Pick<Meter, 'refine'>;
  log: Logger;
}

/** The saver of an attempt's transcript, which also meters the messages that are appended to it. */
export function createAttemptSaver({
  store,
  restored,
  meter,
  log,
  ...options
}: AttemptSaverOptions): TranscriptCopier {
  return createTranscriptCopier(store, {
    ...options,
    restored: restored.files,
    onUnreadable: (path, error) =>
      log.error({ err: error, path }, 'a file of the transcript cannot be read; it is left out'),
    onSecretPath: (path) =>
      log.error({ path }, 'the path of a transcript file holds a secret; the file is not saved'),
    onAppended: (path, data) => {
      if (!path.endsWith('.jsonl')) return;
      // What the CLI appends again after a compaction was counted when it was new.
      const isNew = (id: string) => !restored.messageIds.has(id);
      for (const spent of spendingIn(data)) if (isNew(spent.messageId)) meter.refine(spent);
    },
  });
}
