import { hash } from 'node:crypto';

// Ten times what a transcript of 100 MB holds; about 10 MB of memory.
const MAX_IDS = 250_000;

/** Remembers ids: those of a transcript's entries, or of its messages. */
export interface KnownIds {
  add(id: string): void;
  has(id: string): boolean;
}

/** A memory that holds nothing yet; past `max` ids the oldest are forgotten. */
export function createKnownIds(max = MAX_IDS): KnownIds {
  // 48 bits of each: two of 250,000 ids are taken for one in a transcript of nine thousand.
  const marks = new Set<number>();
  const markOf = (id: string) => hash('sha1', id, 'buffer').readUIntBE(0, 6);
  return {
    add(id) {
      marks.add(markOf(id));
      if (marks.size <= max) return;
      for (const oldest of marks) {
        marks.delete(oldest);
        return;
      }
    },
    has: (id) => marks.has(markOf(id)),
  };
}
