import { isStoreAway } from './unavailable.ts';

/**
 * Calls `act` for each item, one after the other. If a call fails, the items after it still get
 * their calls, and the first error is thrown at the end. If Redis or MongoDB does not answer, that
 * error is thrown at once and the remaining items are skipped.
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
