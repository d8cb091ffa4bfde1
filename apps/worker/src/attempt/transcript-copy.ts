import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { TranscriptManifest } from '@baton/core/internal';
import { untilFolderIsThere } from '../host/until-folder-is-there.ts';
import type { TranscriptCopier } from '../transcript/copier.ts';
import type { Recorder } from './recorder.ts';
import { type WriteOptions, writeUntilAcknowledged } from './write-until-acknowledged.ts';

// With the copy itself and the wait for the recorder's next write, less than the second of transcript
// that may be lost with a worker.
const PERIOD_MS = 690;

// A host's temporary folder that went away (a mount, a cleaner) is waited for this long before the last copy, in milliseconds.
const HOST_FOLDER_LIMIT_MS = 10_000;

/** Copies a transcript while it grows. */
export interface TranscriptCopy {
  /**
   * Stops copying and resolves to the manifest of all there is, every file checked; undefined where it could not
   * be had. Where the host's temporary folder is away, it is waited for (10 s at most): the files in it are the
   * only copy of what the CLI wrote last.
   */
  finish(): Promise<TranscriptManifest | undefined>;
}

/** How a transcript is copied. */
export interface CopyLoopOptions extends WriteOptions {
  /** The host's folder for temporary files, in which the transcript grows. */
  hostFolder: string;
  /** How long the last copy waits for that folder, in milliseconds. Default: 10 s. */
  hostFolderLimitMs?: number;
  /** Called where that folder did not come back in time: what was not copied before is lost. */
  onFolderLost(): void;
}

/** Copies what the copier finds from now on, again and again; the manifest goes with the recorder's next write. */
export function startCopyLoop(
  copier: TranscriptCopier,
  recorder: Pick<Recorder, 'amend'>,
  options: CopyLoopOptions,
): TranscriptCopy {
  const stopped = new AbortController();
  let amended: TranscriptManifest | undefined;

  async function copyNew(): Promise<void> {
    const transcript = await writeUntilAcknowledged(() => copier.copy({ verify: false }), options);
    if (!transcript || transcript === amended) return;
    recorder.amend({ transcript });
    amended = transcript;
  }

  async function copyPeriodically(): Promise<void> {
    while (!stopped.signal.aborted && !options.giveUp.aborted) {
      // All sessions of a process at the same moment: what they have to store goes by few commands.
      const pause = PERIOD_MS - (performance.now() % PERIOD_MS);
      await delay(pause, undefined, { signal: stopped.signal }).catch(() => {});
      if (!stopped.signal.aborted) await copyNew();
    }
  }

  async function copyAll(): Promise<TranscriptManifest | undefined> {
    const { hostFolder, hostFolderLimitMs = HOST_FOLDER_LIMIT_MS, giveUp, onFolderLost } = options;
    const end = performance.now() + hostFolderLimitMs;
    for (;;) {
      const isThere = await untilFolderIsThere(hostFolder, end - performance.now(), giveUp);
      if (!isThere && !giveUp.aborted) onFolderLost();
      const manifest = await writeUntilAcknowledged(() => copier.copy({ verify: true }), options);
      // The copier takes a folder that goes away during the copy for one that a tool removed: so it copies again.
      const isLate = !isThere || performance.now() >= end;
      if (isLate || giveUp.aborted || existsSync(hostFolder)) return manifest ?? undefined;
    }
  }

  const copying = copyPeriodically();
  return {
    async finish() {
      stopped.abort();
      await copying;
      return copyAll();
    },
  };
}
