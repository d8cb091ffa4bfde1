// Finds the parts of a JSON text that JSON.parse would change without an error.

/** A part of a JSON text that parsing would change. `path` holds the keys that lead to it. */
export interface LostText {
  path: readonly string[];
  message: string;
}

/** An open object or list: the keys read so far (null for a list), and the current key or index. */
interface Frame {
  keys: Set<string> | null;
  at: string | number;
  isKeyNext: boolean;
}

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

// JavaScript keeps every integer of up to 15 digits exactly.
const EXACT = /^-?\d{1,15}$/;

const PROTOTYPE = 'expected no key that changes a prototype; rename this key';
const REPEATED = 'expected each key once, got this key twice';
const TOO_PRECISE = 'expected a number that JavaScript keeps exactly; send more digits as a string';

/**
 * Finds the first part of a valid JSON text that JSON.parse would change: a repeated key (only its
 * last value is kept), a number that is rounded, or a key that changes a prototype. Returns null if
 * there is none. Reads the text once, without recursion, so deep nesting is safe.
 */
export function findLostText(text: string): LostText | null {
  const frames: Frame[] = [];
  const pathTo = (key?: string) => {
    const keys = frames.map(({ at }) => String(at));
    return key === undefined ? keys : [...keys.slice(0, -1), key];
  };
  for (let at = 0; at < text.length; at += 1) {
    const top = frames.at(-1);
    const character = text[at] ?? '';
    if (character === '{') frames.push({ keys: new Set(), at: '', isKeyNext: true });
    else if (character === '[') frames.push({ keys: null, at: 0, isKeyNext: false });
    else if (character === '}' || character === ']') frames.pop();
    else if (character === ',' && top) {
      if (top.keys) top.isKeyNext = true;
      else top.at = Number(top.at) + 1;
    } else if (character === '"') {
      const end = endOfString(text, at);
      if (top?.keys && top.isKeyNext) {
        const key: string = JSON.parse(text.slice(at, end));
        if (isPrototype(key, frames.at(-2)?.at)) return { path: pathTo(key), message: PROTOTYPE };
        if (top.keys.has(key)) return { path: pathTo(key), message: REPEATED };
        top.keys.add(key);
        top.at = key;
        top.isKeyNext = false;
      }
      at = end - 1;
    } else if (character === '-' || (character >= '0' && character <= '9')) {
      NUMBER.lastIndex = at;
      const [number = character] = NUMBER.exec(text) ?? [];
      if (isRounded(number)) return { path: pathTo(), message: TOO_PRECISE };
      at += number.length - 1;
    }
  }
  return null;
}

// Code that copies objects with these keys may change a prototype instead of storing the value.
function isPrototype(key: string, above: string | number | undefined): boolean {
  return key === '__proto__' || (key === 'prototype' && above === 'constructor');
}

/** Returns the index after the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let from = start + 1; ; ) {
    const quote = text.indexOf('"', from);
    let slashes = 0;
    while (text[quote - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return quote + 1;
    from = quote + 1;
  }
}

// Numbers outside the safe range are not checked here, because parseInput refuses them.
function isRounded(number: string): boolean {
  if (EXACT.test(number)) return false;
  const value = Number(number);
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER) return false;
  return digitsOf(number) !== digitsOf(String(value));
}

/**
 * Converts a number to a form that equal numbers share: digits without outer zeros, and a power of
 * ten. So `1.0` equals `1`.
 */
function digitsOf(number: string): string {
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number) ?? [];
  const all = (whole + fraction).replace(/^0+/, '');
  const digits = all.replace(/0+$/, '');
  if (digits === '') return '0';
  return `${sign}${digits}e${Number(power) - fraction.length + all.length - digits.length}`;
}
