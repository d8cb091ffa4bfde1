// A git directory holds files that make git run programs (hooks, config) and files that only matter to a running git
// (locks, temporary objects). So only what stands in these tables is captured.
import type { EntryKind, LeftOutReason } from '@baton/core/captures';

/** A part of a git directory with rules of its own. */
export type GitZone =
  | 'git'
  | 'content'
  | 'objects'
  | 'objects_info'
  | 'info'
  | 'lfs'
  | 'modules'
  | 'worktrees';

/** What to do with one thing in a git directory: capture it, filter it as configuration, enter it, or leave it out. */
export type GitVerdict =
  | { take: true; isConfig?: true }
  | { enter: GitZone }
  | { leaveOut: LeftOutReason };

const FILES =
  /^(?:HEAD|(?:ORIG|FETCH|CHERRY_PICK|REVERT|REBASE)_HEAD|MERGE_.+|AUTO_MERGE|BISECT_.+|SQUASH_MSG|(?:COMMIT|TAG)_EDITMSG|description|index|sharedindex\..+|packed-refs|shallow|commondir|gitdir|locked)$/;
const CONFIG = /^config(?:\.worktree)?$/;
const INFO_FILES = /^(?:exclude|attributes|sparse-checkout|grafts|refs)$/;
const OBJECTS_INFO_LEFT_OUT = /^(?:http-)?alternates$/;
const TEMPORARY = /^(?:tmp_|incoming-)/;
const LOCK = /\.lock$/;

const FOLDERS: Readonly<Record<string, GitZone>> = {
  refs: 'content',
  logs: 'content',
  reftable: 'content',
  objects: 'objects',
  'rebase-merge': 'content',
  'rebase-apply': 'content',
  sequencer: 'content',
  'rr-cache': 'content',
  info: 'info',
  lfs: 'lfs',
  modules: 'modules',
  worktrees: 'worktrees',
};

const TAKE: GitVerdict = { take: true };
const INTERNAL: GitVerdict = { leaveOut: 'git_internal' };
const RUNS_CODE: GitVerdict = { leaveOut: 'runs_code' };

/** Returns whether the names in a directory may be those of a git directory. The kinds must still be checked. */
export function mayBeGitDirectory(names: readonly string[]): boolean {
  if (!names.includes('HEAD')) return false;
  return (names.includes('objects') && names.includes('refs')) || names.includes('commondir');
}

/** Returns what happens to the thing with this name in a zone of a git directory. */
export function judgeInGit(zone: GitZone, name: string, kind: EntryKind): GitVerdict {
  if (LOCK.test(name)) return INTERNAL;
  const isDirectory = kind === 'directory';
  switch (zone) {
    case 'git':
      return judgeTop(name, kind);
    case 'content':
      return isDirectory ? { enter: 'content' } : TAKE;
    case 'objects':
      if (TEMPORARY.test(name)) return INTERNAL;
      if (!isDirectory) return TAKE;
      return { enter: name === 'info' ? 'objects_info' : 'objects' };
    case 'objects_info':
      if (OBJECTS_INFO_LEFT_OUT.test(name) || TEMPORARY.test(name)) return INTERNAL;
      return isDirectory ? { enter: 'objects' } : TAKE;
    case 'info':
      return INFO_FILES.test(name) && !isDirectory ? TAKE : INTERNAL;
    case 'lfs':
      return name === 'objects' && isDirectory ? { enter: 'content' } : INTERNAL;
    case 'modules':
      return isDirectory ? { enter: 'modules' } : INTERNAL;
    case 'worktrees':
      return isDirectory ? { enter: 'git' } : INTERNAL;
  }
}

function judgeTop(name: string, kind: EntryKind): GitVerdict {
  if (name === 'hooks') return RUNS_CODE;
  // A linked configuration could not be filtered.
  if (CONFIG.test(name)) return kind === 'file' ? { take: true, isConfig: true } : RUNS_CODE;
  const zone = Object.hasOwn(FOLDERS, name) ? FOLDERS[name] : undefined;
  if (zone !== undefined && kind === 'directory') return { enter: zone };
  if (zone !== undefined && kind === 'symlink') return TAKE;
  return kind !== 'directory' && FILES.test(name) ? TAKE : INTERNAL;
}
