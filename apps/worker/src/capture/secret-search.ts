import { MASKED_MIN_CHARS } from '../masking/masker.ts';
import { createSecretFinder } from '../masking/secret-finder.ts';

/**
 * Searches data for secrets: plain, escaped as in JSON, and with terminal sequences in them. It does not find a secret
 * that was encoded or compressed.
 */
export interface SecretSearch {
  /** Returns whether a text of bytes (latin1) holds a secret. */
  holds(bytes: string): boolean;
  /** Starts the search of a content that comes in pieces. A piece may end in the middle of a secret. */
  start(): PieceSearch;
}

/** The search of one content. */
export interface PieceSearch {
  /** Returns whether a secret ends in this piece. */
  holdsNext(piece: Buffer): boolean;
}

// A search with the finder costs much more than a search for a fixed text. So fixed parts of the secrets are searched
// for first, and the finder looks only at their surroundings.
const ANCHOR_MIN_BYTES = 4;

// A run of characters that encoders write in only one way.
const PLAIN_ASCII_RUN = /[!#-%(-.0-;=?-[\]-~]+/g;
const PLAIN_RUN = /[^"\\/\p{Cc}]+/gu;

// A character may take this many bytes: an escape with several backslashes, or a terminal sequence beside it.
const BYTES_PER_CHARACTER = 16;
const EXTRA_BYTES = 256;
const MAX_REACH = 262_144;

// How a program that colours its output writes the beginning of a sequence, raw and in JSON.
const COLOURED = ['\x1b[', '\\u001b[', '\\u001B['];

/** Creates a search for these secrets. Secrets of fewer than 8 characters are not searched for, as in masking. */
export function createSecretSearch(all: readonly string[]): SecretSearch {
  const secrets = all.filter((secret) => [...secret].length >= MASKED_MIN_CHARS);
  const finder = createSecretFinder(secrets);
  const anchors = [...new Set(secrets.flatMap(anchorsOf))];
  const isAlways = anchors.includes('');
  const longest = Math.max(0, ...secrets.map((secret) => Buffer.byteLength(secret)));
  const reach = Math.min(MAX_REACH, longest * BYTES_PER_CHARACTER + EXTRA_BYTES);

  const needles = anchors.map((anchor) => Buffer.from(anchor, 'latin1'));

  function isIn(bytes: string): boolean {
    return finder.findInText(bytes).length > 0;
  }

  function holdsData(data: Buffer): boolean {
    if (isAlways || mayBeColoured(data)) return isIn(data.toString('latin1'));
    return needles.some((needle) => isAround(data, needle));
  }

  function isAround(data: Buffer, needle: Buffer): boolean {
    for (let at = data.indexOf(needle); at !== -1; ) {
      // Anchors that stand close to each other share their surroundings.
      let last = at;
      let next = data.indexOf(needle, at + 1);
      while (next !== -1 && next - last <= reach) {
        last = next;
        next = data.indexOf(needle, last + 1);
      }
      if (isIn(data.toString('latin1', Math.max(0, at - reach), last + reach))) return true;
      at = next;
    }
    return false;
  }

  function createPieceSearch(): PieceSearch {
    let tail: Buffer = Buffer.alloc(0);
    return {
      holdsNext(piece) {
        if (secrets.length === 0) return false;
        const border = Buffer.concat([tail, piece.subarray(0, reach)]);
        const isFound = (tail.length > 0 && holdsData(border)) || holdsData(piece);
        const end = piece.length < reach ? border : piece;
        tail = Buffer.from(end.subarray(-reach));
        return isFound;
      },
    };
  }

  return {
    holds(bytes) {
      if (secrets.length === 0) return false;
      const mayHold = isAlways || [...anchors, ...COLOURED].some((one) => bytes.includes(one));
      return mayHold && isIn(bytes);
    },
    start: createPieceSearch,
  };
}

// Returns texts of bytes. Each way to write the secret holds one of them. An empty text means that there are none.
function anchorsOf(secret: string): string[] {
  const ascii = longestOf(secret.match(PLAIN_ASCII_RUN));
  if (ascii.length >= ANCHOR_MIN_BYTES) return [ascii];
  const plain = Buffer.from(longestOf(secret.match(PLAIN_RUN))).toString('latin1');
  return plain.length >= ANCHOR_MIN_BYTES ? [plain, '\\u'] : [''];
}

function longestOf(runs: readonly string[] | null): string {
  return (runs ?? []).reduce((longest, run) => (run.length > longest.length ? run : longest), '');
}

// A binary file holds such bytes by chance, and no terminal shows it.
function mayBeColoured(data: Buffer): boolean {
  return !data.includes(0) && COLOURED.some((start) => data.includes(start, 0, 'latin1'));
}
