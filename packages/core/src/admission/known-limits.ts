import type { LimitStore } from '../store/limit-store.ts';

/** How long a process remembers whether a limit exists, in milliseconds. */
const KNOWN_MS = 2_000;

/**
 * How many limits a process remembers. If there would be more, the process first forgets all of
 * them.
 */
const KNOWN_MAX = 10_000;

/**
 * Creates a function that returns which of the given limits exist. It caches the answer for two
 * seconds, because it is called for nearly every session, and few sessions have a limit.
 */
export function createKnownLimits(
  limits: Pick<LimitStore, 'getMany'>,
): (ids: readonly string[]) => Promise<string[]> {
  const cache = new Map<string, { exists: boolean; at: number }>();

  return async (ids) => {
    const at = performance.now();
    const unknown = ids.filter(
      (id) => at - (cache.get(id)?.at ?? Number.NEGATIVE_INFINITY) > KNOWN_MS,
    );
    if (cache.size + unknown.length > KNOWN_MAX) cache.clear();
    const found = unknown.length > 0 ? await limits.getMany(unknown) : new Map();
    for (const id of unknown) cache.set(id, { exists: found.has(id), at });
    return ids.filter((id) => cache.get(id)?.exists);
  };
}
