// Where the JSON objects of an output line begin and end: other bytes may stand around them.

const OBJECT_START = /\{\s*["}]/g;

const QUOTE = '"';

/** The index of the next `{` from `from` on that looks like the beginning of a JSON object, or -1. */
export function nextObject(text: string, from = 0): number {
  OBJECT_START.lastIndex = from;
  return OBJECT_START.exec(text)?.index ?? -1;
}

/** The index behind the bracket that closes the object at `start`, or -1 where nothing closes it. */
export function objectEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const char = text[at];
    if (char === QUOTE) {
      at = stringEnd(text, at + 1);
      if (at < 0) return -1;
    } else if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return -1;
}

/** The index of the quote that ends the string whose inside begins at `from`, or -1. */
export function stringEnd(text: string, from: number): number {
  for (let at = text.indexOf(QUOTE, from); at >= 0; at = text.indexOf(QUOTE, at + 1)) {
    let backslashes = 0;
    while (at - 1 - backslashes >= from && text[at - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return at;
  }
  return -1;
}
