import { defined, type Workspace } from '@baton/core/internal';

/** What a conversation has pushed, or was about to push. */
export type PushState = NonNullable<Workspace['push']>;

/** What a push starts from. */
export interface PushPlan {
  /** The parent of the new commit. */
  parent: string;
  /** What the branch must be at when it is pushed: a commit, or null if it must not exist. */
  expected: string | null;
  /** The date of the commit, if an earlier try has chosen it. */
  committedAt?: Date;
  /** Whether the server has the commit of `stored`, although that is not stored yet. */
  isConfirmed: boolean;
}

/**
 * Plans a push to a branch.
 *
 * @param stored What the conversation stored last about its pushes.
 * @param base The commit that the conversation began from.
 * @param remote Where the branch is on the server; null if it does not exist. Needed only if `isUncertain(stored, branch)`.
 */
export function planPush(
  stored: PushState | undefined,
  { branch, base, remote }: { branch: string; base: string; remote: string | null },
): PushPlan {
  if (stored === undefined) return { parent: base, expected: null, isConfirmed: false };
  const isHere = stored.branch === branch;
  if (stored.pushed_at !== undefined) {
    const expected = isHere ? stored.commit : null;
    return { parent: stored.commit, expected, isConfirmed: false };
  }
  if (isHere && remote === stored.commit) {
    return { parent: stored.commit, expected: stored.commit, isConfirmed: true };
  }
  return {
    parent: stored.parent ?? stored.previous ?? base,
    expected: (isHere ? stored.previous : undefined) ?? null,
    isConfirmed: false,
    ...defined({ committedAt: stored.committed_at }),
  };
}

/** Returns whether the worker died, or gave up, between storing a commit and learning that the server has it. */
export function isUncertain(stored: PushState | undefined, branch: string): boolean {
  return stored !== undefined && stored.pushed_at === undefined && stored.branch === branch;
}
