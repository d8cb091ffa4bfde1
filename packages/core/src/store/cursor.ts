import { AppError } from '../model/errors/app-error.ts';

/**
 * Encodes the position at which a page ends, as opaque text. `parts` are the two values that fix the
 * position: a time and an id, or a session's id and a position in its events. `list` is the list's
 * name.
 */
export function encodeCursor(parts: readonly [string, string], list: string): string {
  return Buffer.from(JSON.stringify([...parts, list])).toString('base64url');
}

/**
 * Returns the parts that `encodeCursor` was given for this list. A cursor from an earlier version
 * of Baton names no list and stays valid. Throws INVALID_REQUEST for a cursor from another list,
 * and for text that is not a cursor.
 */
export function decodeCursor(cursor: string, list: string): [string, string] {
  const parts = parse(Buffer.from(cursor, 'base64url').toString());
  if (!Array.isArray(parts)) throw badCursor();
  const [first, second, named = list] = parts;
  if (typeof first === 'string' && typeof second === 'string' && named === list) {
    return [first, second];
  }
  throw badCursor();
}

/** Returns the INVALID_REQUEST error for a cursor that is not from this list. */
export function badCursor(): AppError {
  return new AppError(
    'INVALID_REQUEST',
    'cursor: expected the next_cursor of an earlier page of the same list',
    { details: { field: 'cursor' } },
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // decodeCursor turns null into INVALID_REQUEST.
    return null;
  }
}
