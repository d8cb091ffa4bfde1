import type { WorkspaceMark } from './mark.ts';

/** The claim that took a workspace last, as the session document stores it. */
export interface LastTaken {
  session_id: string;
  fence: number;
}

/** What decides how an attempt gets its directory. */
export interface DirectoryFacts {
  /** The session of the attempt. */
  sessionId: string;
  /** Who took the workspace last. Null if no attempt has taken it, or only attempts of an older version of Baton. */
  last: LastTaken | null;
  /** Whether the directory is on this host. */
  exists: boolean;
  /** The mark of the directory on this host. */
  mark: WorkspaceMark | null;
  /** Whether MongoDB holds a capture of the workspace. */
  isCaptured: boolean;
  /** Whether the newest capture is complete. If not, it may be older than the transcript. */
  isPortable: boolean;
  /** Whether the workspace begins as a clone of a repository. */
  hasRepository: boolean;
  /** Whether a process may have worked in the workspace. */
  hasRun: boolean;
}

/**
 * How an attempt gets its directory. `use`: as it is; `restore`: from the capture; `make`: empty; `clone`: from its
 * repository. If `isUncertain`,
 * files may be missing or older than the transcript, and a note tells the model so.
 */
export interface DirectoryPlan {
  action: 'use' | 'restore' | 'make' | 'clone';
  isUncertain: boolean;
}

/**
 * Decides how an attempt gets its directory. A directory on this host is used as it is only if its mark names the claim
 * that took the workspace last. Otherwise another host has worked on the files since then. A repository is cloned until a
 * capture holds the files: nothing has worked in a clone before its first capture is stored.
 */
export function planDirectory(facts: DirectoryFacts): DirectoryPlan {
  const { last, exists, isCaptured, isPortable, hasRepository, hasRun } = facts;
  if (last === null && hasRepository) return { action: 'clone', isUncertain: false };
  if (last === null) return { action: exists ? 'use' : 'make', isUncertain: !exists };
  if (exists && isCurrent(facts, last)) return { action: 'use', isUncertain: false };
  if (isCaptured) return { action: 'restore', isUncertain: !isPortable };
  if (hasRepository && !(exists && hasRun)) return { action: 'clone', isUncertain: hasRun };
  return { action: exists ? 'use' : 'make', isUncertain: true };
}

// An attempt writes the mark when its directory is ready, and then stores its claim as the last one. If it died in
// between, the mark is newer than the document. No process of that attempt had been started, so the directory is good.
function isCurrent({ mark, sessionId }: DirectoryFacts, last: LastTaken): boolean {
  if (mark === null) return false;
  if (mark.session_id === last.session_id) return mark.fence >= last.fence;
  return mark.session_id === sessionId;
}
