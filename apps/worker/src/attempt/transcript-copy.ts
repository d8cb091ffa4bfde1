import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { TranscriptManifest } from '@baton/core/internal';
import { untilFolderIsThere } from '../host/until-folder-is-there.ts';
import type { TranscriptCopier } from '../transcript/copier.ts';
import type { MessageRelay } from './message-relay.ts';
import type { Recorder } from './recorder.ts';
import { type WriteOptions, writeUntilAcknowledged } from './write-until-acknowledged.ts';

// A worker that dies may lose at most the last second of a transcript. So this period, the copy
// itself and the wait for the recorder's next write (260 ms) must add up to less than a second.
const PERIOD_MS = 690;

// How long the last copy waits for the host's temporary folder, in milliseconds, if a mount or a
// cleaner removed the folder.
const HOST_FOLDER_LIMIT_MS = 10_000;

/** The loop that copies a transcript while it grows. */
export interface TranscriptCopy {
  /** Copies what is new at once. Resolves when the recorder has the manifest, or when the copying has stopped. */
  copyNow(): Promise<void>;
  /**
   * Stops the periodic copying, copies the rest and checks every file. Resolves to the manifest, or
   * to undefined if the copy could not be stored. If the host's temporary folder is missing, the
   * last copy waits for it (10 s at most), because only the files in this folder hold what the CLI
   * wrote last.
   */
  finish(): Promise<TranscriptManifest | undefined>;
}

/** How a transcript is copied. */
export interface CopyLoopOptions extends WriteOptions {
  /** The host's folder for temporary files, in which the transcript grows. */
  hostFolder: string;
  /** How long the last copy waits for that folder, in milliseconds. Default: 10 s. */
  hostFolderLimitMs?: number;
  /** Stores the messages that the copied transcript holds as delivered; returns their ids. */
  settleMessages: MessageRelay['settle'];
  /** Called if that folder did not come back in time. The parts that were not copied are lost. */
  onFolderLost(): void;
}

/**
 * Starts to copy the transcript periodically. The manifest is committed with the recorder's next
 * write.
 */
export function startCopyLoop(
  copier: TranscriptCopier,
  recorder: Pick<Recorder, 'amend'>,
  options: CopyLoopOptions,
): TranscriptCopy {
  const stopped = new AbortController();
  let amended: TranscriptManifest | undefined;
  let last: Promise<void> = Promise.resolve();

  async function copyNew(): Promise<void> {
    const transcript = await writeUntilAcknowledged(() => copier.copy({ verify: false }), options);
    if (!transcript) return;
    const delivered = await options.settleMessages({ all: false });
    if (transcript === amended && delivered.length === 0) return;
    recorder.amend({ transcript, delivered });
    amended = transcript;
  }

  // Two copies at once would store the same bytes twice.
  function copyNow(): Promise<void> {
    last = last.then(() => (stopped.signal.aborted ? undefined : copyNew()));
    return last;
  }

  async function copyPeriodically(): Promise<void> {
    while (!stopped.signal.aborted && !options.giveUp.aborted) {
      // All sessions of a worker copy at the same moment, so that few MongoDB commands store their
      // new bytes.
      const pause = PERIOD_MS - (performance.now() % PERIOD_MS);
      await delay(pause, undefined, { signal: stopped.signal }).catch(() => {});
      if (!stopped.signal.aborted) await copyNow();
    }
  }

  async function copyAll(): Promise<TranscriptManifest | undefined> {
    const { hostFolder, hostFolderLimitMs = HOST_FOLDER_LIMIT_MS, giveUp, onFolderLost } = options;
    const end = performance.now() + hostFolderLimitMs;
    for (;;) {
      const isThere = await untilFolderIsThere(hostFolder, end - performance.now(), giveUp);
      if (!isThere && !giveUp.aborted) onFolderLost();
      const manifest = await writeUntilAcknowledged(() => copier.copy({ verify: true }), options);
      // If the folder disappears during the copy, the copier assumes that a tool removed it. So
      // copy once more when the folder is back.
      const isLate = !isThere || performance.now() >= end;
      if (isLate || giveUp.aborted || existsSync(hostFolder)) return manifest ?? undefined;
    }
  }

  const copying = copyPeriodically();
  return {
    copyNow,
    async finish() {
      stopped.abort();
      await copying;
      await last;
      const transcript = await copyAll();
      const delivered = transcript ? await options.settleMessages({ all: true }) : [];
      if (transcript && delivered.length > 0) recorder.amend({ transcript, delivered });
      return transcript;
    },
  };
}
