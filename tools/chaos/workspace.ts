// The files of a session at the end of a run.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CaptureStore, Session } from '@baton/core/internal';
import { parseMarks } from '../../test/fake-claude/marks.ts';
import { openCaptureEngine, withCapturedFiles } from '../../test/support/captured-files.ts';

const MARKS_FILE = /^marks-(.+)\.jsonl$/;

/** Reads the files of sessions as another host would restore them. */
export interface WorkspaceReader {
  /**
   * Returns the numbers of the marks in the newest capture of a session, by the names of the marks. Nothing if the
   * session has no capture. Returns the error if the capture cannot be restored.
   */
  marksOf(session: Session): Promise<Map<string, number[]> | Error>;
  close(): Promise<void>;
}

/** Opens a reader of captures. */
export function openWorkspaceReader(captures: CaptureStore): WorkspaceReader {
  const engine = openCaptureEngine();
  return {
    async marksOf(session) {
      if (!session.workspace?.capture) return new Map();
      try {
        const files = await withCapturedFiles(captures, session, filesIn, engine);
        return marksByName(files);
      } catch (error) {
        return error instanceof Error ? error : new Error(String(error));
      }
    },
    close: engine.close,
  };
}

async function filesIn(folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isFile()) files.set(entry.name, await readFile(join(folder, entry.name), 'utf8'));
  }
  return files;
}

/** Returns the numbers of the marks in these files, by the names of the marks. */
function marksByName(files: ReadonlyMap<string, string>): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const [file, text] of files) {
    const name = MARKS_FILE.exec(file)?.[1];
    if (name === undefined) continue;
    const numbers = parseMarks(text).map(({ n }) => n);
    found.set(name, numbers);
  }
  return found;
}
