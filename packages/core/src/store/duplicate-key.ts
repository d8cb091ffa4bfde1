import { MongoBulkWriteError } from 'mongodb';

const DUPLICATE_KEY = 11000;

/** Returns whether a write failed only because its key is taken (MongoDB error 11000). */
export function isDuplicateKey(error: unknown): boolean {
  if (error instanceof MongoBulkWriteError) {
    const errors = [error.writeErrors].flat();
    return errors.length > 0 && errors.every(({ code }) => code === DUPLICATE_KEY);
  }
  return error instanceof Error && 'code' in error && error.code === DUPLICATE_KEY;
}
