// Reads the top-level keys of a JSON object from its bytes as they arrive, because the object is too
// long to be held in memory.
import { findOpenObject } from './find-glued.ts';

/**
 * What is kept of a long object: its short values, and the beginning of each long text. Other long
 * values are left out.
 */
export interface Outline {
  /** The number of bytes in the line's text before the object. */
  start: number;
  body: Record<string, unknown>;
  /** The keys whose value was cut or left out. */
  cut: string[];
}

/** Takes the bytes of one line, in pieces. */
export interface OutlineReader {
  push(piece: Uint8Array): void;
  /** Returns the outline, or null if the bytes held no whole JSON object. */
  end(): Outline | null;
}

// A stored result is cut at this length too (core, model/session/result.ts).
const VALUE_MAX_BYTES = 1024 * 1024;
const ALL_VALUES_MAX_BYTES = 4 * VALUE_MAX_BYTES;
const MAX_KEYS = 1_000;

// The object of a line must begin within this many bytes.
const PREFIX_MAX_BYTES = 1024 * 1024;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPENING = [0x7b, 0x5b];
const CLOSING = [0x7d, 0x5d];

// An escape is at most \u and four digits, so an escape that was cut is shorter than this.
const ESCAPE_MAX = 6;

/**
 * Creates the reader of a line and passes it the first bytes, `head`. Returns null if no object is
 * still open at the end.
 */
export function createOutlineReader(head: Buffer): OutlineReader | null {
  // Latin-1 makes one character of each byte, so an index is a number of bytes.
  const text = head.subarray(0, PREFIX_MAX_BYTES).toString('latin1');
  const start = findOpenObject(text);
  if (start < 0) return null;
  // The start is counted in the decoded text, because bytes that are not UTF-8 become longer there.
  const reader = createReader(Buffer.byteLength(head.toString('utf8', 0, start)));
  reader.push(head.subarray(start));
  return reader;
}

function createReader(start: number): OutlineReader {
  const values = createValues();
  let depth = 0;
  let isInString = false;
  let isEscaped = false;

  // Returns the index after the string that continues at `from`, or the end of the piece.
  function passString(piece: Uint8Array, from: number): number {
    let at = isEscaped ? from + 1 : from;
    isEscaped = false;
    while (at < piece.length) {
      const quote = piece.indexOf(QUOTE, at);
      const end = quote < 0 ? piece.length : quote;
      const isOdd = backslashesBefore(piece, end, at) % 2 === 1;
      if (quote < 0) {
        isEscaped = isOdd;
        return end;
      }
      at = end + 1;
      if (isOdd) continue;
      isInString = false;
      return at;
    }
    return piece.length;
  }

  return {
    push(piece) {
      let at = 0;
      let from = 0;
      while (at < piece.length && !values.isDone) {
        if (isInString) {
          at = passString(piece, at);
          continue;
        }
        const byte = piece[at] as number;
        if (byte === QUOTE) isInString = true;
        else if (OPENING.includes(byte)) {
          depth += 1;
          if (depth === 1) from = at + 1;
        } else if (CLOSING.includes(byte)) {
          depth -= 1;
          if (depth === 0) values.endAll(piece.subarray(from, at));
        } else if (depth === 1 && byte === COLON) {
          values.endKey(piece.subarray(from, at));
          from = at + 1;
        } else if (depth === 1 && byte === COMMA) {
          values.endValue(piece.subarray(from, at));
          from = at + 1;
        }
        at += 1;
      }
      if (!values.isDone) values.add(piece.subarray(from, at));
    },
    end: () => values.outline(start),
  };
}

function createValues() {
  const found = new Map<string, unknown>();
  const cut: string[] = [];
  let key: string | undefined;
  let parts: Uint8Array[] = [];
  let keptBytes = 0;
  let isCut = false;
  let allBytes = 0;
  let isDone = false;
  let isBroken = false;

  function add(bytes: Uint8Array): void {
    const freeBytes = Math.min(VALUE_MAX_BYTES - keptBytes, ALL_VALUES_MAX_BYTES - allBytes);
    isCut ||= bytes.length > freeBytes;
    if (bytes.length === 0 || freeBytes <= 0) return;
    // This is a copy, because a view would keep the whole piece of the stream in memory.
    const part = Uint8Array.from(bytes.subarray(0, freeBytes));
    parts.push(part);
    keptBytes += part.length;
    allBytes += part.length;
  }

  function finishValue(): { text: string; wasCut: boolean } {
    const value = { text: Buffer.concat(parts).toString().trim(), wasCut: isCut };
    parts = [];
    keptBytes = 0;
    isCut = false;
    return value;
  }

  function endKey(bytes: Uint8Array): void {
    add(bytes);
    const parsed = parse(finishValue().text);
    if (typeof parsed === 'string' && key === undefined && found.size < MAX_KEYS) key = parsed;
    else isBroken = true;
  }

  function endValue(bytes: Uint8Array): void {
    add(bytes);
    const { text, wasCut } = finishValue();
    if (key === undefined) {
      isBroken = true;
      return;
    }
    const value = wasCut ? parseCut(text) : parse(text);
    if (wasCut) cut.push(key);
    else if (value === undefined) isBroken = true;
    found.set(key, value);
    key = undefined;
  }

  return {
    add,
    endKey,
    endValue,
    endAll(bytes: Uint8Array): void {
      endValue(bytes);
      isDone = true;
    },
    get isDone() {
      return isDone || isBroken;
    },
    outline: (start: number): Outline | null =>
      isDone && !isBroken ? { start, body: Object.fromEntries(found), cut } : null,
  };
}

function backslashesBefore(piece: Uint8Array, end: number, from: number): number {
  let count = 0;
  while (end - 1 - count >= from && piece[end - 1 - count] === BACKSLASH) count += 1;
  return count;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the text is not JSON
  }
}

// Returns the complete characters of a text that was cut, and undefined for any other value.
function parseCut(text: string): string | undefined {
  if (!text.startsWith('"')) return undefined;
  const complete = text.replace(/\ufffd+$/, '');
  // With a part of an escape at its end the text is not JSON, and parsing it takes milliseconds.
  for (
    let left = cutEscapeLength(complete);
    left < ESCAPE_MAX && left < complete.length;
    left += 1
  ) {
    const value = parse(`${complete.slice(0, complete.length - left)}"`);
    if (typeof value === 'string') return value.toWellFormed();
  }
  return undefined;
}

/** Returns the length of the escape that was cut at the end of a text, or 0 if there is none. */
function cutEscapeLength(text: string): number {
  const last = text.lastIndexOf('\\');
  const length = text.length - last;
  if (last < 0 || length >= ESCAPE_MAX) return 0;
  let first = last;
  while (text[first - 1] === '\\') first -= 1;
  // An even number of backslashes is a text of backslashes.
  if ((last - first) % 2 === 1) return 0;
  const isCut = length === 1 || text[last + 1] === 'u';
  return isCut ? length : 0;
}
