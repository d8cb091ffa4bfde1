import { CaptureCorruptError } from './capture-errors.ts';
import type { Git } from './git.ts';

/** The content of an object. That of a small object is there at once. */
export type Pieces = Buffer[] | AsyncIterable<Buffer>;

/** An object of a repository, as `git cat-file` describes it. */
export interface BatchObject {
  oid: string;
  kind: string;
  /** In bytes. */
  size: number;
  /** They must be read before the next call. */
  pieces: Pieces;
}

/** Reads objects from a repository, one after the other, with one git process. */
export interface ObjectBatch {
  /** Asks for objects, each by a name that git understands. Does not wait. If git ends early, `next` finds out. */
  ask(names: readonly string[]): void;
  /** Resolves to the next object in the order in which they were asked for, or to null if there is no such object. */
  next(): Promise<BatchObject | null>;
  /** Says that nothing more is asked for. */
  end(): void;
  close(): Promise<void>;
}

const HEADER_MAX_BYTES = 200;
const LINE_FEED = 0x0a;
const MISSING = / (?:missing|ambiguous)$/;

/** Starts `git cat-file --batch`. Rejections are CaptureCorruptError or GitError. */
export function openBatch(git: Git, shadow: string): ObjectBatch {
  const child = git.start(shadow, ['cat-file', '--batch']);
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
    ask(names) {
      // git answers while it still reads, so this must not wait.
      child.write(names.map((name) => `${name}\n`).join('')).catch(() => {});
    },
    end: () => child.end(),
    async next() {
      const header = await readHeader();
      if (MISSING.test(header)) return null;
      const [oid = '', kind = '', text] = header.split(' ');
      const size = Number(text);
      if (text === undefined || !Number.isSafeInteger(size)) {
        throw new CaptureCorruptError(`expected an object of the capture, got ${header}`);
      }
      if (rest.length <= size) return { oid, kind, size, pieces: readPieces(size) };
      // Thousands of small files would otherwise need thousands of generators.
      const content = rest.subarray(0, size);
      rest = rest.subarray(size + 1);
      return { oid, kind, size, pieces: [content] };
    },
    async close() {
      child.kill();
      await child.ended.catch(() => {});
    },
  };
}
