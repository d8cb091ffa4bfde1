import { isStoreAway } from './unavailable.ts';

/**
 * Does `act` for each item, one after the other. An item that fails keeps no other from its turn: the first
 * failure is thrown once all had theirs. Where Redis or MongoDB cannot be asked, the rest is left at once.
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
