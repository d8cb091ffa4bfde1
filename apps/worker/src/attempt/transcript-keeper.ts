import { setTimeout as delay } from 'node:timers/promises';
import type { TranscriptManifest } from '@baton/core/internal';
import type { TranscriptSaver } from '../transcript/save.ts';
import type { Recorder } from './recorder.ts';
import { type WriteOptions, writeUntilAcknowledged } from './write-until-acknowledged.ts';

// With the save itself and the wait for the recorder's next write, less than the second of transcript
// that may be lost with a worker.
const PERIOD_MS = 690;

/** Copies a transcript while it grows. */
export interface TranscriptKeeper {
  /** Stops copying and resolves to the manifest of all there is, every file checked; undefined where it could not be had. */
  finish(): Promise<TranscriptManifest | undefined>;
}

/** Copies what the saver finds from now on, again and again; the manifest goes with the recorder's next write. */
export function keepTranscript(
  saver: TranscriptSaver,
  recorder: Pick<Recorder, 'amend'>,
  options: WriteOptions,
): TranscriptKeeper {
  const stopped = new AbortController();
  let amended: TranscriptManifest | undefined;

  async function copy(): Promise<void> {
    const transcript = await writeUntilAcknowledged(() => saver.save({ verify: false }), options);
    if (!transcript || transcript === amended) return;
    recorder.amend({ transcript });
    amended = transcript;
  }

  async function copyPeriodically(): Promise<void> {
    while (!stopped.signal.aborted && !options.giveUp.aborted) {
      // All sessions of a process at the same moment: what they have to store goes by few commands.
      const pause = PERIOD_MS - (performance.now() % PERIOD_MS);
      await delay(pause, undefined, { signal: stopped.signal }).catch(() => {});
      if (!stopped.signal.aborted) await copy();
    }
  }

  const keeping = copyPeriodically();
  return {
    async finish() {
      stopped.abort();
      await keeping;
      return (
        (await writeUntilAcknowledged(() => saver.save({ verify: true }), options)) ?? undefined
      );
    },
  };
}
