/** A pseudo-random stream. The same seed gives the same numbers. */
export interface Random {
  /** Returns a number of at least 0 and below 1. */
  next(): number;
  /** Returns a number of at least `from` and below `to`. */
  between(from: number, to: number): number;
  /** Returns an integer between `from` and `to`, both included. */
  integer(from: number, to: number): number;
  /** Returns one of the items, or undefined if there is none. */
  pick<T>(from: readonly T[]): T | undefined;
}

/** Creates a stream of numbers (mulberry32). Streams of one seed with different names are independent. */
export function createRandom(seed: number, name = ''): Random {
  let state = [...name].reduce(
    (hash, char) => Math.imul(hash ^ char.charCodeAt(0), 16777619),
    seed,
  );
  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
  return {
    next,
    between: (from, to) => from + next() * (to - from),
    integer: (from, to) => from + Math.floor(next() * (to - from + 1)),
    pick: (from) => from[Math.floor(next() * from.length)],
  };
}
