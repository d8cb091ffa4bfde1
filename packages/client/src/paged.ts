/** One page of a list. */
export interface Page<T> {
  items: T[];
  /** Where the next page begins; absent on the last one. */
  next_cursor?: string;
}

/** A list that is read page by page, as far as its reader goes. Each reading begins anew. */
export interface Paged<T> extends AsyncIterable<T> {
  pages(): AsyncIterable<Page<T>>;
}

/** The list whose pages `read` gives, from this cursor on. */
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
