import { AppError } from '../model/errors/app-error.ts';

/** A page's end as one opaque word: a time or id, and what breaks the tie. */
export function encodeCursor(parts: readonly [string, string]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** What `encodeCursor` was given; throws INVALID_REQUEST for a word that is not ours. */
export function decodeCursor(cursor: string): [string, string] {
  const parts = parse(Buffer.from(cursor, 'base64url').toString());
  if (Array.isArray(parts) && typeof parts[0] === 'string' && typeof parts[1] === 'string') {
    return [parts[0], parts[1]];
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
    // Told to the caller as a bad cursor.
    return null;
  }
}
