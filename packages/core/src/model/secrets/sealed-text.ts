// A sealed value is a prefix followed by a JWE in compact form. All its characters are valid in URLs and headers, so it
// can be a whole text or part of one.
import { REDACTED } from './redacted.ts';

/** The beginning of every sealed value. */
export const SEALED_PREFIX = 'baton-sealed.';

const TOKEN =
  /baton-sealed\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+/g;

/** Returns the sealed values in a text, in their order. */
export function sealedIn(text: string): string[] {
  return text.includes(SEALED_PREFIX) ? (text.match(TOKEN) ?? []) : [];
}

/** Returns the text with each sealed value replaced. */
export function replaceSealed(text: string, replace: (sealed: string) => string): string {
  return text.includes(SEALED_PREFIX) ? text.replace(TOKEN, replace) : text;
}

/** Returns the text without its sealed values, so that nobody who reads it can try to decrypt them. */
export function hideSealed(text: string): string {
  return replaceSealed(text, () => REDACTED);
}
