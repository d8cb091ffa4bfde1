import { CaptureCorruptError } from './capture-errors.ts';
import type { Git } from './git.ts';
import { openBatch, type Pieces } from './object-batch.ts';

/** One entry of a commit's tree. */
export interface StoredEntry {
  mode: string;
  oid: string;
  /** The path in the tree of the capture (latin1). */
  path: string;
}

/** Reads files from a repository, one after the other. */
export interface ObjectReader {
  /** Returns the size and the content of an object. The pieces must be read before the next call. */
  read(oid: string): Promise<{ size: number; pieces: Pieces }>;
  close(): Promise<void>;
}

const LINE = /^([0-7]{6}) (blob|tree|commit) ([0-9a-f]{40})\t([\s\S]+)$/;

/** Lists the tree of a commit, directories before their entries. */
export async function listCommit(git: Git, shadow: string, commit: string): Promise<StoredEntry[]> {
  const output = await git.run(shadow, ['ls-tree', '-r', '-t', '-z', '--full-tree', commit]);
  const lines = output.toString('latin1').split('\0');
  return lines.slice(0, -1).map((line) => {
    const [, mode, , oid, path] = LINE.exec(line) ?? [];
    if (mode === undefined || oid === undefined || path === undefined) {
      throw new CaptureCorruptError('git lists an entry of the capture that is not valid');
    }
    return { mode, oid, path };
  });
}

/** Starts `git cat-file` for these objects. They must be read in this order. */
export function openObjects(git: Git, shadow: string, oids: readonly string[]): ObjectReader {
  const batch = openBatch(git, shadow);
  batch.ask(oids);
  batch.end();
  return {
    async read(oid) {
      const found = await batch.next();
      if (found?.oid !== oid || found.kind !== 'blob') {
        const what = found ? `${found.oid} ${found.kind}` : 'nothing';
        throw new CaptureCorruptError(`expected the file ${oid} of the capture, got ${what}`);
      }
      return { size: found.size, pieces: found.pieces };
    },
    close: () => batch.close(),
  };
}
