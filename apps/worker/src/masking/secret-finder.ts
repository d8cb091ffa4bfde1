import { createSecretMatcher, type SecretMatcher } from './secret-match.ts';
import { CONTROL_SIGN_BYTES, mayHoldControlBytes, mayHoldControls } from './skip-control.ts';

/** A range of a text: from an index up to, but not including, another index. */
export interface Range {
  from: number;
  to: number;
}

/** Finds the secrets of a given set in a text. */
export interface SecretFinder {
  /** A quick check. If it returns false, the text holds no secret, and a full search is not needed. */
  mayHold(text: string | Buffer): boolean;
  /** The maximum number of bytes of the signs that `mayHold` looks for. */
  readonly signBytes: number;
  /** The same check for a text of bytes (latin1). */
  mayHoldBytes(bytes: string): boolean;
  /** Returns where secrets stand in a text of bytes (latin1), in order. Ranges that touch are merged. */
  findInText(bytes: string): Range[];
  /** Returns the same for the inside of a JSON string. No range ends within an escape. */
  findInString(bytes: string, inside: Range): Range[];
  /**
   * A text may end in the middle of a secret. Returns the index at which that secret may begin, or the length
   * of the text if there is none.
   */
  openFrom(bytes: string): number;
}

// A run of characters that encoders write in only one way: no quotes, slashes or control characters.
const PLAIN_RUN = /[^"\\/\p{Cc}]+/gu;

// Almost every text contains a shorter run.
const ANCHOR_MIN_CHARS = 4;

const BACKSLASH = 0x5c;

// The character that may follow the backslashes of an escape. It is empty at the end of the text.
const BEGINS_ESCAPE = /^["/bfnrtu]?$/;

/** Creates a finder of these secrets. No secret may be empty. */
export function createSecretFinder(secrets: readonly string[]): SecretFinder {
  const matchers = secrets.map(createSecretMatcher);
  // A text can hold a secret only if it holds one of the anchors: the longest part of the secret that no
  // encoder changes, or the beginning of an escape.
  const parts = secrets.map(anchorOf);
  const isAlways = parts.some((part) => part.length < ANCHOR_MIN_CHARS);
  const anchors = secrets.length === 0 ? [] : [...parts, secrets.every(isAscii) ? '\\u00' : '\\u'];
  const needles = anchors.map((anchor) => Buffer.from(anchor));
  const byteAnchors = needles.map((needle) => needle.toString('latin1'));
  const byFirst = groupByFirst(matchers);

  /**
   * Returns the secrets that may begin at an index. The finder tries each of these secrets at every
   * index, so the list must be short.
   */
  function candidates(bytes: string, at: number): readonly SecretMatcher[] | undefined {
    const code = bytes.charCodeAt(at);
    if (code !== BACKSLASH) return byFirst[code];
    let letter = at + 1;
    while (bytes.charCodeAt(letter) === BACKSLASH) letter += 1;
    return BEGINS_ESCAPE.test(bytes.charAt(letter)) ? matchers : byFirst[BACKSLASH];
  }

  function isThere<T>(includes: (anchor: T) => boolean, all: readonly T[]): boolean {
    return isAlways || all.some(includes);
  }

  function find(bytes: string, { from, to }: Range, isJson: boolean): Range[] {
    const found: Range[] = [];
    const text = bytes.slice(0, to);
    for (let at = from; at < to; at += 1) {
      for (const { match } of candidates(text, at) ?? []) {
        const end = match(text, at, isJson);
        if (typeof end === 'number') include(found, { from: at, to: end });
      }
      if (isJson && text.charCodeAt(at) === BACKSLASH) at += 1;
    }
    return found;
  }

  return {
    mayHold(text) {
      if (secrets.length === 0) return false;
      return typeof text === 'string'
        ? isThere((anchor) => text.includes(anchor), anchors) || mayHoldControls(text)
        : isThere((anchor) => text.includes(anchor), needles) ||
            mayHoldControlBytes(text.toString('latin1'));
    },
    signBytes: Math.max(CONTROL_SIGN_BYTES, ...needles.map((needle) => needle.length)),
    mayHoldBytes: (bytes) =>
      secrets.length > 0 &&
      (isThere((anchor) => bytes.includes(anchor), byteAnchors) || mayHoldControlBytes(bytes)),
    findInText: (bytes) => find(bytes, { from: 0, to: bytes.length }, false),
    findInString: (bytes, inside) => find(bytes, inside, true),
    openFrom(bytes) {
      for (let at = 0; at < bytes.length; at += 1) {
        for (const { match } of candidates(bytes, at) ?? []) {
          if (match(bytes, at, false) === 'open') return at;
        }
      }
      return bytes.length;
    },
  };
}

// Ranges come in the order of their starts. A range that starts within the last range, or directly after it, extends
// the last range.
function include(found: Range[], range: Range): void {
  const last = found.at(-1);
  if (last && range.from <= last.to) last.to = Math.max(last.to, range.to);
  else found.push(range);
}

function groupByFirst(matchers: readonly SecretMatcher[]): SecretMatcher[][] {
  const groups: SecretMatcher[][] = [];
  for (const matcher of matchers) {
    groups[matcher.first] = [...(groups[matcher.first] ?? []), matcher];
  }
  return groups;
}

function anchorOf(secret: string): string {
  const runs = secret.match(PLAIN_RUN) ?? [];
  return runs.reduce((longest, run) => (run.length > longest.length ? run : longest), '');
}

function isAscii(text: string): boolean {
  return /^\p{ASCII}*$/u.test(text);
}
