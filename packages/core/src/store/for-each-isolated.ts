import { isStoreAway } from './unavailable.ts';

/**
 * Does `act` for each item, one after the other. A failure does not stop the items after it: the first one is
 * thrown at the end. Where Redis or MongoDB does not answer, the remaining items are skipped.
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
