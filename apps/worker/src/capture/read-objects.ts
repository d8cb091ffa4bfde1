import { CaptureCorruptError } from './capture-errors.ts';
import type { Git } from './git.ts';

/** One entry of a commit's tree. */
export interface StoredEntry {
  mode: string;
  oid: string;
  /** The path in the tree of the capture (latin1). */
  path: string;
}

/** The content of an object. That of a small object is there at once. */
export type Pieces = Buffer[] | AsyncIterable<Buffer>;

/** Reads files from a repository, one after the other. */
export interface ObjectReader {
  /** Returns the size and the content of an object. The pieces must be read before the next call. */
  read(oid: string): Promise<{ size: number; pieces: Pieces }>;
  close(): Promise<void>;
}

const LINE = /^([0-7]{6}) (blob|tree|commit) ([0-9a-f]{40})\t([\s\S]+)$/;
const HEADER_MAX_BYTES = 200;
const LINE_FEED = 0x0a;

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
  const child = git.start(shadow, ['cat-file', '--batch']);
  // git answers while it still reads, so this must not wait. If git ends early, the reader finds out.
  child.write(oids.map((oid) => `${oid}\n`).join('')).catch(() => {});
  child.end();
  const chunks = child.output[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);

  async function fill(): Promise<void> {
    const next = await chunks.next();
    if (next.done) {
      await child.ended;
      throw new CaptureCorruptError('git ended before it wrote the whole capture');
    }
    rest = rest.length === 0 ? next.value : Buffer.concat([rest, next.value]);
  }

  async function readHeader(): Promise<string> {
    let end = rest.indexOf(LINE_FEED);
    while (end === -1) {
      if (rest.length > HEADER_MAX_BYTES) throw new CaptureCorruptError('git wrote no header');
      await fill();
      end = rest.indexOf(LINE_FEED);
    }
    const header = rest.toString('latin1', 0, end);
    rest = rest.subarray(end + 1);
    return header;
  }

  async function* readPieces(size: number): AsyncGenerator<Buffer> {
    let left = size;
    while (left > 0) {
      if (rest.length === 0) await fill();
      const piece = rest.subarray(0, left);
      rest = rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
    if (rest.length === 0) await fill();
    rest = rest.subarray(1);
  }

  return {
    async read(oid) {
      const header = await readHeader();
      const [name, kind, size] = header.split(' ');
      if (name !== oid || kind !== 'blob' || size === undefined) {
        throw new CaptureCorruptError(`expected a file of the capture, got ${header}`);
      }
      const bytes = Number(size);
      if (rest.length <= bytes) return { size: bytes, pieces: readPieces(bytes) };
      // Thousands of small files would otherwise need thousands of generators.
      const content = rest.subarray(0, bytes);
      rest = rest.subarray(bytes + 1);
      return { size: bytes, pieces: [content] };
    },
    async close() {
      child.kill();
      await child.ended.catch(() => {});
    },
  };
}
