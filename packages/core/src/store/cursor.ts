import { AppError } from '../model/errors/app-error.ts';

/** A page's end as opaque text: a time or id, what breaks the tie, and the name of the list. */
export function encodeCursor(parts: readonly [string, string], list: string): string {
  return Buffer.from(JSON.stringify([...parts, list])).toString('base64url');
}

/**
 * The parts that `encodeCursor` was given for this list. A cursor of an earlier version names no list and
 * stays valid. Throws INVALID_REQUEST for a cursor of another list, and for text that is no cursor.
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

/** INVALID_REQUEST for a cursor that no answer of this kind gave. */
export function badCursor(): AppError {
  return new AppError(
    'INVALID_REQUEST',
    'cursor: expected the next_cursor of an earlier answer to the same question',
    { details: { field: 'cursor' } },
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // decodeCursor throws INVALID_REQUEST for it.
    return null;
  }
}
