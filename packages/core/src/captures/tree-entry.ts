/** The kind of a thing that can be captured. */
export type EntryKind = 'file' | 'symlink' | 'directory';

/** One thing in a workspace that is captured, as the last scan saw it. */
export interface TreeEntry {
  kind: EntryKind;
  /** The permission bits, 0o7777. */
  mode: number;
  /** In bytes. */
  size: number;
  mtimeMs: number;
  ctimeMs: number;
  ino: number;
  dev: number;
  /** The file is the configuration of a git directory. It is captured as filtered text. */
  isGitConfig?: true;
}

/**
 * Why something in a workspace is not captured:
 * - `ignored`: a gitignore rule names it, and neither `workspace.include` nor git's index does.
 * - `secret`: its content, its name or the target of the link holds a secret of the operator.
 * - `unreadable`: Baton has no permission to read it, or cannot search it for secrets.
 * - `special`: a socket, a fifo or a device.
 * - `runs_code`: git would run it, such as a hook.
 * - `git_internal`: a file of a git directory that git does not need, such as a lock.
 * - `path_too_long`: its path would be too long for the file system on another host.
 */
export type LeftOutReason =
  | 'ignored'
  | 'secret'
  | 'unreadable'
  | 'special'
  | 'runs_code'
  | 'git_internal'
  | 'path_too_long';

/** The bytes of a path as a latin1 string: relative to the workspace, with `/` as separator. */
export type TreePath = string;

/** What a scan found in a workspace. */
export interface TreeScan {
  /** What is captured. It holds each directory that the scan entered, but not the workspace itself. */
  entries: Map<TreePath, TreeEntry>;
  /** What is not captured. A directory that is left out stands for everything in it. */
  leftOut: Map<TreePath, LeftOutReason>;
  /** The number of files and symlinks in `entries`. */
  files: number;
  /** The sum of the sizes of these files and symlinks, in bytes. */
  bytes: number;
  startedAtMs: number;
}
