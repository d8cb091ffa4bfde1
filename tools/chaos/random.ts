/** Numbers that look random and are the same for the same seed. */
export interface Random {
  /** At least 0, below 1. */
  next(): number;
  /** At least `from`, below `to`. */
  between(from: number, to: number): number;
  /** A whole number, both ends included. */
  integer(from: number, to: number): number;
  /** One of them. */
  pick<T>(from: readonly T[]): T | undefined;
}

/** A stream of numbers (mulberry32); `name` makes streams of one seed independent of each other. */
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
