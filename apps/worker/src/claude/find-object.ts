// Finds where the JSON objects of an output line begin and end. The line may also hold
// other text before, between and after the objects.

const OBJECT_START = /\{\s*["}]/g;

const QUOTE = '"';

/**
 * Returns the index of the next `{`, at `from` or later, that looks like the start of a JSON
 * object, or -1.
 */
export function nextObject(text: string, from = 0): number {
  OBJECT_START.lastIndex = from;
  return OBJECT_START.exec(text)?.index ?? -1;
}

/**
 * Returns the index after the bracket that closes the object at `start`, or -1 if nothing closes
 * it.
 */
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

/** Returns the index of the quote that ends the string whose content begins at `from`, or -1. */
export function stringEnd(text: string, from: number): number {
  for (let at = text.indexOf(QUOTE, from); at >= 0; at = text.indexOf(QUOTE, at + 1)) {
    let backslashes = 0;
    while (at - 1 - backslashes >= from && text[at - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return at;
  }
  return -1;
}
