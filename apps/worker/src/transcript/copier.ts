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
import { toManifest, untrackedFile } from './tracked-file.ts';

// The copier calls the file system synchronously. The files were written a moment ago on this host,
// and an asynchronous call through the thread pool costs ten times the processor time. The copier
// yields after each megabyte.

/** Copies what Claude appended to its transcript files into the store. */
export interface TranscriptCopier {
  /**
   * Stores the new bytes of all files and returns the manifest that names them. The bytes count
   * only once the caller has committed that manifest. A file whose state did not change is not
   * opened. If no file changed, the call returns the same manifest object as the last call. With
   * `verify`, every file is read whole. The hash then shows whether a file was rewritten and not
   * only appended to. A rewritten file is stored whole. A file that cannot be read, or whose path
   * holds a secret, is left out and reported. Rejects on a store error or a host error. The next
   * call then stores what is still missing.
   */
  copy(options: { verify: boolean }): Promise<TranscriptManifest>;
}

/** Which files are copied, and who receives the reports of skipped files. */
export interface CopierOptions extends FileAppenderOptions, SkippedFileListeners {
  projectDir: string;
  masker: FileMasker & Pick<Masker, 'text'>;
}

/** Creates the copier of one attempt. */
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
  // The manifest that was returned last, or null if a file was opened or removed since.
  let manifest: TranscriptManifest | null = null;

  // A tool may remove the folder while the CLI runs. The CLI may then make another folder under the
  // same path and start its files again. The stored files hold more than the new files, so the
  // stored files stay as they are. If the folder was missing when the attempt began, the restored
  // files in the folder show that it is the right folder.
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
      // The state comes from the open file, because the path may name another file by now.
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
        manifest ??= toManifest(tracked.values());
        return manifest;
      }
      const paths = listFiles(projectDir).filter(reports.mayBeNamed);
      for (const path of paths) {
        await copyFile(path, verify).catch((error: unknown) => {
          // A host error, such as too many open files, may be temporary, so the next copy tries
          // again.
          if (!isFileError(error) || findHostErrno(error) !== null) throw error;
          reports.unreadable(path, error);
        });
      }
      for (const path of isTakenAway() ? [] : tracked.keys()) {
        if (paths.includes(path)) continue;
        tracked.delete(path);
        manifest = null;
      }
      manifest ??= toManifest(tracked.values());
      return manifest;
    },
  };
}

/**
 * Returns an identity that another folder under the same path does not have, or null if there is no
 * folder.
 */
function identityOf(folder: string): string | null {
  try {
    const { dev, ino } = statSync(folder);
    return `${dev}:${ino}`;
  } catch (error) {
    // A host error may be temporary, so the next copy tries again.
    if (findHostErrno(error) !== null) throw error;
    return null;
  }
}

function isSame(a: FileState, b: FileState): boolean {
  return a.size === b.size && a.mtimeMs === b.mtimeMs && a.ino === b.ino;
}
