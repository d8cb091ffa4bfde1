// Finds a secret in text that encoders may have escaped, once or many times over: JSON that stands in a
// string of JSON. Control sequences may stand between its characters, as in text that a program coloured.
// Texts here are bytes, one character each (latin1), so that lengths are lengths in bytes.
import { skipControlBytes } from './skip-control.ts';

/** A character of a secret: how it stands in a text, and how an escape names it. */
interface Unit {
  bytes: string;
  /** Its UTF-16 code units, as `\u` escapes name them. */
  codes: readonly number[];
  /** The letter of its short escape (`\n`), if it has one. */
  short: string | undefined;
}

/** A secret that is ready to be looked for. */
export interface SecretMatcher {
  /** The bytes that a match may begin with, beside a backslash. */
  readonly first: number;
  /**
   * The end of the secret that begins at `at`; null where none does; `open` where the text ends before
   * that can be told. `isJson`: the text is the inside of a JSON string, of which no escape may be cut.
   */
  match(text: string, at: number, isJson: boolean): Match;
}

/** Where a match ends, as SecretMatcher.match says it. */
type Match = number | 'open' | null;

const BACKSLASH = '\\';

const SHORT: Record<string, string> = {
  '"': '"',
  '/': '/',
  '\b': 'b',
  '\f': 'f',
  '\n': 'n',
  '\r': 'r',
  '\t': 't',
};

const ESCAPE_DIGITS = 4;

// What stands behind the backslashes of an escaped control character.
const BEGINS_CONTROL = /^[ubf]/;

/** A matcher of one secret; an empty one is refused by the caller. */
export function createSecretMatcher(secret: string): SecretMatcher {
  const units = [...secret].map(toUnit);

  function match(text: string, from: number, isJson: boolean): Match {
    return matchFrom(text, from, isJson, 0);
  }

  function matchFrom(text: string, from: number, isJson: boolean, first: number): Match {
    let at = from;
    let isAfterRun = false;
    for (let index = first; index < units.length; ) {
      const unit = units[index] as Unit;
      if (unit.bytes !== BACKSLASH) {
        const end = matchBehindControls(text, at, unit, isAfterRun);
        if (typeof end !== 'number') return end;
        at = end;
        index += 1;
        isAfterRun = false;
        continue;
      }
      // A backslash here may be the secret's own or that of an escaped control sequence: both are tried.
      const behind = index === 0 ? at : skipControlBytes(text, at, { mayBeBackslash: true });
      if (typeof behind === 'number' && behind > at) {
        const end = matchFrom(text, behind, isJson, index);
        if (end !== null) return end;
      }
      const count = runOfBackslashes(index);
      const run = runIn(text, at);
      const isLast = index + count === units.length;
      if (at + run === text.length && (run < count || !isLast)) return 'open';
      // In JSON the last of an odd number of backslashes escapes what follows, which is not the secret's.
      const used = isLast && isJson ? run - (run % 2) : run;
      if (used < count) return behind === 'open' ? 'open' : null;
      at += used;
      index += count;
      isAfterRun = true;
    }
    return at;
  }

  function runOfBackslashes(index: number): number {
    let end = index;
    while (units[end]?.bytes === BACKSLASH) end += 1;
    return end - index;
  }

  return { first: units[0]?.bytes.charCodeAt(0) ?? 0, match };
}

function toUnit(character: string): Unit {
  return {
    bytes: Buffer.from(character).toString('latin1'),
    codes: Array.from({ length: character.length }, (_, index) => character.charCodeAt(index)),
    short: SHORT[character],
  };
}

function runIn(text: string, at: number): number {
  let end = at;
  while (text[end] === BACKSLASH) end += 1;
  return end - at;
}

function matchBehindControls(text: string, at: number, unit: Unit, isAfterRun: boolean): Match {
  const end = matchUnit(text, at, unit, isAfterRun);
  if (end !== null) return end;
  // Of a run of backslashes the last may be that of an escaped control sequence.
  const from = isAfterRun && BEGINS_CONTROL.test(text.charAt(at)) ? at - 1 : at;
  const behind = skipControlBytes(text, from);
  if (behind === 'open') return 'open';
  return behind === from ? null : matchUnit(text, behind, unit, false);
}

// Behind backslashes of the secret's own, the last of them may be the escape's of this character.
function matchUnit(text: string, at: number, unit: Unit, isAfterRun: boolean): Match {
  if (at === text.length) return 'open';
  const letter = at + runIn(text, at);
  if (letter === text.length) return 'open';
  const plain = letter === at ? matchPlain(text, at, unit.bytes) : null;
  if (plain !== null || (letter === at && !isAfterRun)) return plain;
  if (unit.short !== undefined && text[letter] === unit.short) return letter + 1;
  return text[letter] === 'u' ? matchCodes(text, at, unit.codes) : null;
}

function matchPlain(text: string, at: number, bytes: string): Match {
  if (text.startsWith(bytes, at)) return at + bytes.length;
  const rest = text.slice(at, at + bytes.length);
  return rest.length < bytes.length && bytes.startsWith(rest) ? 'open' : null;
}

function matchCodes(text: string, from: number, codes: readonly number[]): Match {
  let at = from;
  for (const code of codes) {
    at += runIn(text, at);
    if (at >= text.length) return 'open';
    if (text[at] !== 'u') return null;
    const expected = code.toString(16).padStart(ESCAPE_DIGITS, '0');
    const digits = text.slice(at + 1, at + 1 + ESCAPE_DIGITS).toLowerCase();
    if (!expected.startsWith(digits)) return null;
    if (digits.length < ESCAPE_DIGITS) return 'open';
    at += 1 + ESCAPE_DIGITS;
  }
  return at;
}
