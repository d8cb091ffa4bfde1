import type { Workspace } from '@baton/core/internal';

/**
 * How an attempt got its directory. `used`: as it was on this host; `restored`: from a capture; `made`: empty, or from
 * a repository; `given`: the caller named it.
 */
export type DirectoryOrigin = 'used' | 'restored' | 'made' | 'given';

/** What decides whether an attempt puts the session's uploaded files into its directory. */
export interface UploadFacts {
  /** What earlier attempts of the session stored about its files. */
  uploads: Workspace['uploads'];
  origin: DirectoryOrigin;
  /** Whether files of the directory may be older than the transcript. */
  isUncertain: boolean;
}

/**
 * Decides whether an attempt puts the session's uploaded files into its directory. `replace`: all of them;
 * `add_missing`: those whose path has nothing, because the agent may have edited the others; `none`: no file.
 */
export function planUploads({
  uploads,
  origin,
  isUncertain,
}: UploadFacts): 'replace' | 'add_missing' | 'none' {
  // A directory that was made again is empty. A restored one is older than the files, unless its capture began later.
  if (uploads === undefined || origin === 'made') return 'replace';
  if (origin === 'restored') return uploads === 'captured' ? 'add_missing' : 'replace';
  // A directory that the caller named may be another one on this host.
  return origin === 'given' || isUncertain ? 'add_missing' : 'none';
}
