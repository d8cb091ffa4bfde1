// Begins a clone while the server is still asked which commit it is to be.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from '../host/folders.ts';
import { type CheckoutBounds, type CloneOptions, checkOut, fetchClone } from './clone.ts';

/** A clone of the commit that the server will probably name. */
export interface CloneAhead {
  /**
   * If the directory holds the objects of this commit, returns its checkout, which has begun. Otherwise ends all work,
   * empties the directory and returns null. With null as the commit, it always does the latter.
   */
  settle(commit: string | null): Promise<{ checkedOut: Promise<CheckoutBounds> } | null>;
}

/**
 * Starts a clone of `guess` from the mirror alone. Nobody may see the directory before the server has confirmed that the
 * session may read the repository. Without a guess, nothing is done.
 */
export function startCloneAhead(
  guess: string | null,
  { signal, ...options }: Omit<CloneOptions, 'commit'>,
  bounds: CheckoutBounds,
): CloneAhead {
  if (guess === null) return { settle: () => Promise.resolve(null) };
  const wrong = new AbortController();
  const clone: CloneOptions = {
    ...options,
    commit: guess,
    signal: signal ? AbortSignal.any([signal, wrong.signal]) : wrong.signal,
  };
  const copied = fetchClone(clone);
  const checkedOut = copied.then(() => checkOut(clone, bounds));
  // A caller that settles for another commit does not wait for the checkout of this one.
  checkedOut.catch(() => {});
  return {
    async settle(commit) {
      const isRight = commit === guess;
      if (!isRight) wrong.abort(new Error('the server named another commit'));
      // The mirror may lack the commit of the guess. It is fetched then.
      const isCopied = await copied.then(
        () => true,
        () => false,
      );
      if (isRight && isCopied) return { checkedOut };
      await checkedOut.catch(() => {});
      await empty(options.target);
      return null;
    },
  };
}

async function empty(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  for (const name of names) await removeTree(join(directory, name));
}
