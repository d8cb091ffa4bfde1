// Finds a secret in text that encoders may have escaped once or several times, such as JSON in a
// string of JSON. Control sequences may stand between the secret's characters, as in text that a
// program coloured. All texts here are bytes, one character per byte (latin1), so that lengths are
// in bytes.
import { skipControlBytes } from './skip-control.ts';

/** A character of a secret: its bytes in plain text, and its escapes. */
interface Unit {
  bytes: string;
  /** Its UTF-16 code units, as `\u` escapes name them. */
  codes: readonly number[];
  /** The letter of its short escape, if it has one: `n` for a newline. */
  short: string | undefined;
}

/** Matches one secret. */
export interface SecretMatcher {
  /** The first byte of the secret. A match begins with this byte or with a backslash. */
  readonly first: number;
  /**
   * Returns the index after the secret that begins at `at`. Returns null if it does not begin there, and `open` if the
   * text ends before that is clear. With `isJson`, the text is the inside of a JSON string, and the match does not end
   * within an escape.
   */
  match(text: string, at: number, isJson: boolean): Match;
}

/** The result of SecretMatcher.match. */
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

// The letters that follow the backslashes of an escaped control character.
const BEGINS_CONTROL = /^[ubf]/;

/** Creates a matcher of one secret. The secret must not be empty; the caller checks this. */
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
      // This backslash may belong to the secret or to an escaped control sequence. Both are tried.
      const behind = index === 0 ? at : skipControlBytes(text, at, { mayBeBackslash: true });
      if (typeof behind === 'number' && behind > at) {
        const end = matchFrom(text, behind, isJson, index);
        if (end !== null) return end;
      }
      const count = runOfBackslashes(index);
      const run = runIn(text, at);
      const isLast = index + count === units.length;
      if (at + run === text.length && (run < count || !isLast)) return 'open';
      // In JSON, the last of an odd number of backslashes escapes the next character. That character is
      // not part of the secret.
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
  // The last backslash of a run may belong to an escaped control sequence.
  const from = isAfterRun && BEGINS_CONTROL.test(text.charAt(at)) ? at - 1 : at;
  const behind = skipControlBytes(text, from);
  if (behind === 'open') return 'open';
  return behind === from ? null : matchUnit(text, behind, unit, false);
}

// If backslashes of the secret come before this character, the last of them may escape this character.
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
