import { fileTypeFromBuffer } from 'file-type';

/** How many bytes of a file decide its type. Office documents name theirs within the first entries of the archive. */
const HEAD_BYTES = 65_536;

/** Finds the type of a file from its bytes, piece by piece. */
export interface TypeFinder {
  /** Reads the next piece. */
  add(piece: Buffer): void;
  /**
   * Returns the type after the last piece: what the first 64 KiB show, else `text/plain` if the whole file is UTF-8
   * without NUL, else `application/octet-stream`.
   */
  find(): Promise<string>;
}

/** Creates a finder for one file. It keeps at most the first 64 KiB. */
export function createTypeFinder(): TypeFinder {
  const head: Buffer[] = [];
  let headBytes = 0;
  const text = createTextCheck();

  return {
    add(piece) {
      if (headBytes < HEAD_BYTES) {
        head.push(piece.subarray(0, HEAD_BYTES - headBytes));
        headBytes += Math.min(piece.length, HEAD_BYTES - headBytes);
      }
      text.add(piece);
    },
    async find() {
      return (
        (await findKnownType(Buffer.concat(head))) ??
        (text.isText() ? 'text/plain' : 'application/octet-stream')
      );
    },
  };
}

// A damaged file can make a parser of the library throw. Such a file has no known type.
async function findKnownType(head: Buffer): Promise<string | undefined> {
  try {
    return (await fileTypeFromBuffer(head))?.mime;
  } catch {
    return undefined;
  }
}

/** Checks whether pieces are UTF-8 text without NUL. Characters may be cut between two pieces. */
function createTextCheck() {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let valid = true;

  function decode(piece: Buffer | undefined): void {
    try {
      decoder.decode(piece, { stream: piece !== undefined });
    } catch {
      valid = false;
    }
  }

  return {
    add(piece: Buffer): void {
      if (valid && piece.includes(0)) valid = false;
      if (valid) decode(piece);
    },
    isText(): boolean {
      if (valid) decode(undefined);
      return valid;
    },
  };
}
