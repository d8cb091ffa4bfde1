// JSON text whose value would not say all that the text says. The text must be valid JSON.

/** What is wrong with a part of a text, and where: the keys that lead there. */
export interface LostText {
  path: readonly string[];
  message: string;
}

/** An object or a list that is being read: the keys that it had, and where in it we are. */
interface Frame {
  keys: Set<string> | null;
  at: string | number;
  isKeyNext: boolean;
}

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

// Numbers with so few digits come out of JavaScript as they went in.
const EXACT = /^-?\d{1,15}$/;

const PROTOTYPE = 'expected no such key';
const REPEATED = 'expected each key once';
const TOO_PRECISE = 'expected a number that is kept exactly; send more digits as a string';

/**
 * The first part of a JSON text that its value would not hold as it stands there: a key that stands twice, of
 * which the value keeps the last; a number that is rounded; a key that means a prototype. Null where the value
 * says all. Goes through the text once, however deep it is.
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

// Such keys are followed instead of kept by code that copies objects.
function isPrototype(key: string, above: string | number | undefined): boolean {
  return key === '__proto__' || (key === 'prototype' && above === 'constructor');
}

/** The index behind the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let from = start + 1; ; ) {
    const quote = text.indexOf('"', from);
    let slashes = 0;
    while (text[quote - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return quote + 1;
    from = quote + 1;
  }
}

// What is out of range is refused by its value (findFault), wherever it comes from.
function isRounded(number: string): boolean {
  if (EXACT.test(number)) return false;
  const value = Number(number);
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER) return false;
  return digitsOf(number) !== digitsOf(String(value));
}

/** A number by its digits without zeros around them, and its power of ten: the same for all ways to write it. */
function digitsOf(number: string): string {
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number) ?? [];
  const all = (whole + fraction).replace(/^0+/, '');
  const digits = all.replace(/0+$/, '');
  if (digits === '') return '0';
  return `${sign}${digits}e${Number(power) - fraction.length + all.length - digits.length}`;
}
