import {
  CaptureCorruptError,
  type ObjectBatch,
  type Pieces,
  type TreePath,
  toStoredPath,
} from '@baton/core/captures';

/** What stands at a path of a capture. */
export interface FoundEntry {
  type: 'file' | 'symlink' | 'directory';
  oid: string;
}

const TYPES: Readonly<Record<string, FoundEntry['type']>> = {
  '100644': 'file',
  '100755': 'file',
  '120000': 'symlink',
  '40000': 'directory',
};

/**
 * Walks from the root of a commit to a path, one tree after the other: no name is part of a command, so names may have any
 * bytes. Returns null if nothing stands there.
 */
export async function findEntry(
  batch: ObjectBatch,
  commit: string,
  path: TreePath,
): Promise<FoundEntry | null> {
  let found: FoundEntry = { type: 'directory', oid: `${commit}^{tree}` };
  for (const name of toStoredPath(path).split('/')) {
    if (found.type !== 'directory') return null;
    batch.ask([found.oid]);
    const tree = await batch.next();
    if (tree?.kind !== 'tree')
      throw new CaptureCorruptError('a directory of the capture is missing');
    const next = findInTree(await concat(tree.pieces), name);
    if (next === null) return null;
    found = next;
  }
  return found;
}

/**
 * Returns the entry with this name (latin1) in a tree as git stores it: for each entry its mode, a space, its name, a zero
 * byte and the 20 bytes of its id.
 */
export function findInTree(tree: Buffer, name: string): FoundEntry | null {
  const wanted = Buffer.from(name, 'latin1');
  for (let at = 0; at < tree.length; ) {
    const space = tree.indexOf(0x20, at);
    const end = tree.indexOf(0, space);
    if (space === -1 || end === -1) return null;
    if (tree.subarray(space + 1, end).equals(wanted)) {
      const type = TYPES[tree.toString('latin1', at, space)];
      const oid = tree.toString('hex', end + 1, end + 21);
      return type === undefined ? null : { type, oid };
    }
    at = end + 21;
  }
  return null;
}

/** Puts the pieces of an object together. */
export async function concat(pieces: Pieces): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(Buffer.from(piece));
  return Buffer.concat(all);
}
