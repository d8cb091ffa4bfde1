// Paths of captures are bytes (latin1 strings). Answers show them as text.
import { isUtf8 } from 'node:buffer';
import type { TreePath } from '@baton/core/captures';

/** A path as answers show it. */
export interface PathText {
  /** The path as text. Bytes that are not UTF-8 are shown as U+FFFD. */
  path: string;
  /** The path as a URL needs it. Present if the path is not UTF-8. */
  path_encoded?: string;
}

const UNRESERVED = /[\w.~/-]/;

/** Returns a path as answers show it. */
export function toPathText(path: TreePath): PathText {
  const bytes = Buffer.from(path, 'latin1');
  const text = bytes.toString();
  return isUtf8(bytes) ? { path: text } : { path: text, path_encoded: encodePath(path) };
}

/** Returns the path with every byte percent-encoded that a URL's path may not hold. */
export function encodePath(path: TreePath): string {
  return [...path].map((char) => (UNRESERVED.test(char) ? char : encodeByte(char))).join('');
}

/** Returns a path as text without loss: bytes that are not UTF-8 are percent-encoded. */
export function toLosslessText(path: TreePath): string {
  const { path: text, path_encoded: encoded } = toPathText(path);
  if (encoded === undefined) return text;
  return [...path].map((char) => (char < '\x80' ? char : encodeByte(char))).join('');
}

/** Returns the bytes of a text in which some are percent-encoded. */
export function decodePath(text: string): TreePath {
  const bytes = Buffer.from(text).toString('latin1');
  return bytes.replace(/%([0-9a-f]{2})/gi, (_, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function encodeByte(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
