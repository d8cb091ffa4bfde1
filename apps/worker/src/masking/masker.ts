import { isJson } from '../claude/line.ts';
import { createSecretFinder, type Range } from './secret-finder.ts';
import { valueStrings } from './value-strings.ts';

/**
 * Masks secrets: each of their bytes becomes an asterisk, so that lengths and offsets in bytes stay the same.
 * It also finds a secret with control sequences in it. It does not find a secret that was encoded, for example
 * as base64, or encrypted.
 */
export interface Masker {
  /** Masks the values of a line of JSON; keys, types and ids stay. A line that is not JSON is masked as text. */
  line(line: string): string;
  /** Masks free text. */
  text(text: string): string;
  /** Masks a text as if it were a value in a line of JSON. */
  inJson(text: string): string;
  /** Masks whole lines of JSON, as bytes. */
  lines(data: Buffer): Buffer;
  /** Masks a whole file, as bytes. A file that is not one JSON document is masked as text. */
  file(data: Buffer): Buffer;
  /**
   * Returns whether bytes may hold a secret. If not, masking them changes nothing. Long bytes may be
   * examined in pieces that overlap by `signBytes` bytes.
   */
  mayHold(data: Buffer): boolean;
  /** The maximum number of bytes of the signs by which `mayHold` recognizes bytes. */
  readonly signBytes: number;
  /** Returns how many bytes at the end of a text may be the beginning of a secret. */
  openBytes(text: string): number;
}

/** A value with fewer characters is not masked, because short values ("true", "dev") occur in ordinary text. */
export const MASKED_MIN_CHARS = 8;

const NEWLINE = '\n';

/** Creates a masker of these secrets. It ignores secrets of fewer than `minChars` characters. */
export function createMasker(secrets: readonly string[], minChars = MASKED_MIN_CHARS): Masker {
  const finder = createSecretFinder(secrets.filter((secret) => [...secret].length >= minChars));

  function maskText(bytes: string): string {
    return blotOut(bytes, finder.findInText(bytes));
  }

  function maskJson(bytes: string): string {
    if (!finder.mayHoldBytes(bytes) || finder.findInText(bytes).length === 0) return bytes;
    const found = [...valueStrings(bytes)].flatMap((inside) => finder.findInString(bytes, inside));
    const masked = blotOut(bytes, found);
    // `isJson` gives the same answer for the bytes (latin1) as for the decoded text.
    return isJson(bytes) ? masked : maskText(masked);
  }

  function maskLines(bytes: string): string {
    return bytes.split(NEWLINE).map(maskJson).join(NEWLINE);
  }

  function viaBytes(text: string, mask: (bytes: string) => string): string {
    if (!finder.mayHold(text)) return text;
    const bytes = toBytes(text);
    const masked = mask(bytes);
    return masked === bytes ? text : Buffer.from(masked, 'latin1').toString();
  }

  function inData(data: Buffer, mask: (bytes: string) => string): Buffer {
    if (!finder.mayHold(data)) return data;
    const bytes = data.toString('latin1');
    const masked = mask(bytes);
    return masked === bytes ? data : Buffer.from(masked, 'latin1');
  }

  return {
    line: (line) => viaBytes(line, maskJson),
    text: (text) => viaBytes(text, maskText),
    inJson: (text) => JSON.parse(viaBytes(JSON.stringify([text]), maskJson))[0],
    lines: (data) => inData(data, maskLines),
    file: (data) => inData(data, maskJson),
    mayHold: (data) => finder.mayHold(data),
    signBytes: finder.signBytes,
    openBytes(text) {
      const bytes = toBytes(text);
      return bytes.length - finder.openFrom(bytes);
    },
  };
}

function toBytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function blotOut(bytes: string, found: readonly Range[]): string {
  let masked = '';
  let done = 0;
  for (const { from, to } of found) {
    masked += bytes.slice(done, from) + '*'.repeat(to - from);
    done = to;
  }
  return masked + bytes.slice(done);
}
