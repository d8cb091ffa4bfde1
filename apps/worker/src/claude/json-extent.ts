// Measures how far a text is valid JSON. This distinguishes an event that was cut short from an
// event that has another event glued into it.
import { stringEnd } from './find-object.ts';

/**
 * How far a JSON value goes. `whole`: `end` is the index after the value. `cut`: the text ends
 * before the value does. `broken`: the text at `end` is not valid JSON in that place.
 */
export interface JsonExtent {
  kind: 'whole' | 'cut' | 'broken';
  end: number;
}

type Expected = 'value' | 'first value' | 'key' | 'first key' | 'colon' | 'comma';

const CLOSING = new Map([
  ['{', '}'],
  ['[', ']'],
]);

/** The states in which a list or an object may be closed. */
const MAY_CLOSE: readonly Expected[] = ['first value', 'first key', 'comma'];

const SPACE = /[ \t\r\n]*/y;
const LITERAL = /true|false|null|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
const CUT_LITERAL = /[-+.\w]{0,32}$/y;

/**
 * Returns how far the JSON value that begins at `from` goes. The content of strings is not checked.
 */
export function jsonExtent(text: string, from: number): JsonExtent {
  const closing: string[] = [];
  let expected: Expected = 'value';
  let at = skip(SPACE, text, from) ?? from;

  // Returns the index after the value, or after the opening bracket of a list or an object.
  function passValue(): number | 'cut' | 'broken' {
    const char = text.charAt(at);
    const bracket = CLOSING.get(char);
    if (bracket !== undefined) {
      closing.push(bracket);
      expected = bracket === '}' ? 'first key' : 'first value';
      return at + 1;
    }
    expected = 'comma';
    return passScalar(text, at);
  }

  function pass(): number | 'cut' | 'broken' {
    const char = text.charAt(at);
    if (char === closing.at(-1) && MAY_CLOSE.includes(expected)) {
      closing.pop();
      expected = 'comma';
      return at + 1;
    }
    switch (expected) {
      case 'colon':
        expected = 'value';
        return char === ':' ? at + 1 : 'broken';
      case 'comma':
        expected = closing.at(-1) === '}' ? 'key' : 'value';
        return char === ',' ? at + 1 : 'broken';
      case 'key':
      case 'first key':
        expected = 'colon';
        return char === '"' ? passScalar(text, at) : 'broken';
      default:
        return passValue();
    }
  }

  while (at < text.length) {
    const end = pass();
    if (end === 'cut') break;
    if (end === 'broken') return { kind: 'broken', end: at };
    if (closing.length === 0) return { kind: 'whole', end };
    at = skip(SPACE, text, end) ?? end;
  }
  return { kind: 'cut', end: text.length };
}

function passScalar(text: string, at: number): number | 'cut' | 'broken' {
  if (text.charAt(at) === '"') {
    const end = stringEnd(text, at + 1);
    return end < 0 ? 'cut' : end + 1;
  }
  if (skip(CUT_LITERAL, text, at) !== null) return 'cut';
  return skip(LITERAL, text, at) ?? 'broken';
}

function skip(pattern: RegExp, text: string, at: number): number | null {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : null;
}
