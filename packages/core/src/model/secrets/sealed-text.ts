// How a sealed value looks: a JWE in compact form behind a prefix. It is made of letters that URLs and
// headers take as they are, so it may stand for a whole text or for a part of one.
import { REDACTED } from './redacted.ts';

/** What every sealed value begins with. */
export const SEALED_PREFIX = 'baton-sealed.';

const TOKEN =
  /baton-sealed\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+/g;

/** The sealed values in a text, in their order. */
export function sealedIn(text: string): string[] {
  return text.includes(SEALED_PREFIX) ? (text.match(TOKEN) ?? []) : [];
}

/** The text with each sealed value in it replaced. */
export function replaceSealed(text: string, replace: (sealed: string) => string): string {
  return text.includes(SEALED_PREFIX) ? text.replace(TOKEN, replace) : text;
}

/** The text without its sealed values: what they hold is nobody's to try his keys on. */
export function hideSealed(text: string): string {
  return replaceSealed(text, () => REDACTED);
}
