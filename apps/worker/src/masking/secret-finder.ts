import { createSecretMatcher, type SecretMatcher } from './secret-match.ts';
import { mayHoldControlBytes, mayHoldControls } from './skip-control.ts';

/** A piece of a text: from a place to before another. */
export interface Range {
  from: number;
  to: number;
}

/** Looks for a set of secrets. */
export interface SecretFinder {
  /** Quick, and never false where a secret is there: the rest may be asked only where it is true. */
  mayHold(text: string | Buffer): boolean;
  /** The same of a text of bytes (latin1). */
  mayHoldBytes(bytes: string): boolean;
  /** Where secrets stand in a text of bytes (latin1), in order, none touching another. */
  findInText(bytes: string): Range[];
  /** The same in the inside of a JSON string: a range that is found cuts no escape in two. */
  findInString(bytes: string, inside: Range): Range[];
  /** Where a secret may have begun that the text of bytes ends before; its length where none has. */
  openFrom(bytes: string): number;
}

// What an encoder may write in more than one way: quotes, slashes, controls.
const PLAIN_RUN = /[^"\\/\p{Cc}]+/gu;

// A shorter run stands in every text.
const ANCHOR_MIN_CHARS = 4;

const BACKSLASH = 0x5c;

// What may stand behind the backslashes of an escape, the end of the text included.
const BEGINS_ESCAPE = /^["/bfnrtu]?$/;

/** A finder of these secrets; none of them may be empty. */
export function createSecretFinder(secrets: readonly string[]): SecretFinder {
  const matchers = secrets.map(createSecretMatcher);
  // A secret may be there if one of these is: its longest part that no encoder changes, or an escape.
  const parts = secrets.map(anchorOf);
  const isAlways = parts.some((part) => part.length < ANCHOR_MIN_CHARS);
  const anchors = secrets.length === 0 ? [] : [...parts, secrets.every(isAscii) ? '\\u00' : '\\u'];
  const needles = anchors.map((anchor) => Buffer.from(anchor));
  const byteAnchors = needles.map((needle) => needle.toString('latin1'));
  const byFirst = groupByFirst(matchers);

  /** The secrets that may begin at a place: few, for this is asked of every character. */
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

// Ranges come in the order of their beginnings: a range that begins within the last one, or right behind it, extends it.
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
