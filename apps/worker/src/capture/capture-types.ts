/** One capture of a workspace. */
export interface CaptureRequest {
  /** The workspace: an absolute path without symlinks. */
  tree: string;
  /** Baton's own folder for the workspace. It is made if it is absent. */
  shadow: string;
  /** The commit that MongoDB held when the attempt began, or null. */
  base: string | null;
  /** The commit of the attempt's last capture. If null, `base` counts. */
  previous: string | null;
  /** Whether the pack holds everything since `base`, not only since `previous`. */
  isMerged: boolean;
  /** Whether the pack stands alone: a commit without parents, with everything in one pack. Default: false. */
  isWhole?: boolean;
  /** Whether the capture has a pack even if nothing is new. Default: false. */
  isForced?: boolean;
  /** Patterns (as in .gitignore) of ignored files that are captured nevertheless. */
  include: readonly string[];
  /** The operator's secrets. A file that holds a secret is left out. */
  secrets: readonly string[];
  /** The most bytes of files and symlinks. */
  maxBytes: number;
  /** The most files and symlinks. */
  maxFiles: number;
}

/** How a capture ended. `isBehind` means the same in all results. */
export type CaptureResult =
  /**
   * Nothing is new since the last commit (`previous ?? base`), and there is no pack. Without an earlier commit, the
   * workspace is empty.
   * A whole or forced capture always has a pack.
   */
  | { kind: 'unchanged'; files: number; bytes: number; isBehind: boolean }
  | {
      kind: 'captured';
      commit: string;
      /** A file in the shadow folder, which the caller removes. `id` is its SHA-256 in hex. */
      pack: { file: string; bytes: number; id: string };
      /** Whether this pack alone is enough for a restore, so that the caller drops all earlier packs. */
      isSelfContained: boolean;
      files: number;
      bytes: number;
      leftOut: number;
      /** Whether files changed during the capture, so that it may hold a mix of old and new. */
      isTorn: boolean;
      /**
       * Whether the capture may hold an older version of a file, because the file changed too often to be read. The
       * capture then agrees only with what the capture before it agreed with.
       */
      isBehind: boolean;
    }
  | ({ kind: 'too_large' } & Excess);

/** Asks whether a workspace exceeds its bounds. */
export type MeasureRequest = Pick<
  CaptureRequest,
  'tree' | 'shadow' | 'include' | 'maxBytes' | 'maxFiles'
>;

/** Which bound a workspace exceeds, and how much the scan had found when it stopped. */
export interface Excess {
  limit: 'bytes' | 'files';
  found: number;
}

/** One restore of a workspace. */
export interface RestoreRequest {
  /** The shadow folder, whose repository holds the commit. */
  shadow: string;
  commit: string;
  /** Where to write: a path that does not exist, or an empty directory. */
  target: string;
  /** The path that `target` will be moved to. */
  tree: string;
}

/** What a restore has written. */
export interface RestoreResult {
  /** The number of files and symlinks. */
  files: number;
  /** The sum of their sizes. */
  bytes: number;
}
