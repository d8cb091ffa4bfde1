import { closeSync, fstatSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { TranscriptManifest, TranscriptStore } from '@baton/core/internal';
import { findHostErrno } from '../host-problem/find-host-problem.ts';
import type { Masker } from '../masking/masker.ts';
import { createFileAppender, type FileAppenderOptions, type FileState } from './append-new.ts';
import { holdsRestored } from './holds-restored.ts';
import { isFileError, listFiles } from './list-files.ts';
import type { FileMasker } from './masked-file.ts';
import { createSkippedFileReports, type SkippedFileListeners } from './skipped-files.ts';
import { type TrackedFile, toManifestFile, untrackedFile } from './tracked-file.ts';

// Files are looked at on the spot: they were written a moment ago, on this host, and a look that goes by
// the thread pool costs ten times the processor time. Between pieces of a megabyte others get their turn.

/** Copies what Claude appended to its files into the store. */
export interface TranscriptCopier {
  /**
   * Stores what is new and returns the manifest that names it; nothing counts until the caller has
   * committed that manifest. A file that looks as it did the last time is not opened, and where all do
   * the manifest is the very one that was returned then. With `verify` every file is read whole, so
   * that one that was rewritten rather than appended to is noticed by its hash and stored whole. A file
   * that cannot be read, or whose path holds a secret, is left out and reported; an error of the store or of the host rejects, and asking
   * again goes on from there.
   */
  copy(options: { verify: boolean }): Promise<TranscriptManifest>;
}

/** Whose files are copied, and who receives the reports. */
export interface CopierOptions extends FileAppenderOptions, SkippedFileListeners {
  projectDir: string;
  masker: FileMasker & Pick<Masker, 'text'>;
}

/** The copier of one attempt; `restored` is what its folder began with. */
export function createTranscriptCopier(
  store: TranscriptStore,
  options: CopierOptions,
): TranscriptCopier {
  const { projectDir, restored } = options;
  const appendNew = createFileAppender(store, options);
  const reports = createSkippedFileReports(options.masker, options);
  const tracked = new Map(restored.map((file) => [file.path, file]));
  const states = new Map<string, FileState>();
  let folder = identityOf(projectDir);
  // The manifest that was returned last; null once a file was opened since.
  let manifest: TranscriptManifest | null = null;

  // A tool may remove the folder from under the CLI, which may make another one under the same path and begin its
  // files anew: what is stored by then is the best there is. A folder that was away when the attempt began is
  // recognized by the files that were restored into it.
  function isTakenAway(): boolean {
    if (tracked.size === 0) return false;
    const identity = identityOf(projectDir);
    if (folder === null && holdsRestored(projectDir, tracked.values())) folder = identity;
    return identity === null || identity !== folder;
  }

  async function copyFile(path: string, verify: boolean): Promise<void> {
    const before = states.get(path);
    if (!verify && before && isSame(before, statSync(join(projectDir, path)))) return;
    if (isTakenAway()) return;
    const open = openSync(join(projectDir, path), 'r');
    manifest = null;
    try {
      // The state of the open file: its path may name another file by now.
      const now = fstatSync(open);
      const known = tracked.get(path) ?? untrackedFile(path);
      tracked.set(path, await appendNew(open, known, { now, before, verify }));
      states.set(path, now);
    } finally {
      closeSync(open);
    }
  }

  return {
    async copy({ verify }) {
      if (tracked.size === 0) folder = identityOf(projectDir);
      if (isTakenAway()) {
        manifest ??= manifestOf(tracked.values());
        return manifest;
      }
      const paths = listFiles(projectDir).filter(reports.mayBeNamed);
      for (const path of paths) {
        await copyFile(path, verify).catch((error: unknown) => {
          // A host that can open no file now may do so later: the next copy tries again.
          if (!isFileError(error) || findHostErrno(error) !== null) throw error;
          reports.unreadable(path, error);
        });
      }
      for (const path of isTakenAway() ? [] : tracked.keys()) {
        if (paths.includes(path)) continue;
        tracked.delete(path);
        manifest = null;
      }
      manifest ??= manifestOf(tracked.values());
      return manifest;
    },
  };
}

/** What distinguishes a folder from another one under the same path; null where no folder can be seen. */
function identityOf(folder: string): string | null {
  try {
    const { dev, ino } = statSync(folder);
    return `${dev}:${ino}`;
  } catch (error) {
    // A host that can look at nothing now may do so later: the next copy tries again.
    if (findHostErrno(error) !== null) throw error;
    return null;
  }
}

function manifestOf(tracked: Iterable<TrackedFile>): TranscriptManifest {
  const files = [...tracked].filter((file) => file.length > 0).map(toManifestFile);
  return { files: files.sort((a, b) => (a.path < b.path ? -1 : 1)) };
}

function isSame(a: FileState, b: FileState): boolean {
  return a.size === b.size && a.mtimeMs === b.mtimeMs && a.ino === b.ino;
}
