/** One page of a list. */
export interface Page<T> {
  items: T[];
  /** The cursor of the next page; absent on the last page. */
  next_cursor?: string;
}

/**
 * A list that fetches pages while it is iterated. Each iteration starts again from the first page.
 */
export interface Paged<T> extends AsyncIterable<T> {
  /** Iterates over the pages instead of the items. */
  pages(): AsyncIterable<Page<T>>;
}

/** Creates a list. `read` fetches its pages, beginning at the cursor `from`. */
export function createPaged<T>(
  read: (cursor: string | undefined) => Promise<Page<T>>,
  from: string | undefined,
): Paged<T> {
  async function* pages(): AsyncGenerator<Page<T>> {
    let cursor = from;
    do {
      const page = await read(cursor);
      yield page;
      cursor = page.next_cursor;
    } while (cursor !== undefined);
  }

  return {
    pages,
    async *[Symbol.asyncIterator]() {
      for await (const { items } of pages()) yield* items;
    },
  };
}
