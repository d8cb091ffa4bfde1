import { setTimeout as delay } from 'node:timers/promises';
import type { OwnedSession, TranscriptManifest } from '@baton/core';
import { type TakenOptions, untilTaken } from '../attempt/until-taken.ts';
import type { TranscriptSaver } from './save.ts';

// With the save itself, less than the second of transcript that may be lost with a worker.
const PAUSE_MS = 700;

/** Copies a transcript while it grows. */
export interface TranscriptKeeper {
  /** Stops copying and resolves to the manifest of all there is, every file checked; undefined where it could not be had. */
  finish(): Promise<TranscriptManifest | undefined>;
}

/** Copies what the saver finds from now on, again and again, each time committing the manifest. */
export function keepTranscript(
  saver: TranscriptSaver,
  owned: OwnedSession,
  options: TakenOptions,
): TranscriptKeeper {
  const stopped = new AbortController();
  let committed = '';

  async function copy(): Promise<void> {
    const transcript = await untilTaken(() => saver.save({ verify: false }), options);
    if (!transcript) return;
    const state = JSON.stringify(transcript);
    if (state === committed) return;
    const held = await untilTaken(() => owned.commit({ transcript }), options);
    if (held) committed = state;
  }

  async function keep(): Promise<void> {
    while (!stopped.signal.aborted && !options.giveUp.aborted) {
      await delay(PAUSE_MS, undefined, { signal: stopped.signal }).catch(() => {});
      if (!stopped.signal.aborted) await copy();
    }
  }

  const keeping = keep();
  return {
    async finish() {
      stopped.abort();
      await keeping;
      return (await untilTaken(() => saver.save({ verify: true }), options)) ?? undefined;
    },
  };
}
