import { isStoreAway } from './unavailable.ts';

/**
 * Calls `act` for each item, one after the other. If a call fails, the remaining items are still
 * handled, and the first error is thrown at the end. If a call fails because Redis or MongoDB does
 * not answer, the error is thrown at once and the remaining items are skipped.
 */
export async function forEachIsolated<T>(
  items: Iterable<T> | AsyncIterable<T>,
  act: (item: T) => Promise<unknown>,
): Promise<void> {
  const errors: unknown[] = [];
  for await (const item of items) {
    try {
      await act(item);
    } catch (error) {
      if (isStoreAway(error)) throw error;
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
