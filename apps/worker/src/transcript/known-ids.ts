import { hash } from 'node:crypto';

// Ten times the ids in a transcript of 100 MB. They take about 10 MB of memory.
const MAX_IDS = 250_000;

/** A bounded set of ids: of a transcript's entries, or of its messages. */
export interface KnownIds {
  add(id: string): void;
  has(id: string): boolean;
}

/** Creates an empty set. With more than `max` ids, it forgets the oldest ids. */
export function createKnownIds(max = MAX_IDS): KnownIds {
  // Each id is kept as 48 bits of its hash. In one of nine thousand sets of 250,000 ids, two ids collide.
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
