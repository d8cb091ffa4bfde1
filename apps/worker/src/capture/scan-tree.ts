import { lstatSync, readdirSync, type Stats } from 'node:fs';
import type { EntryKind, LeftOutReason, TreePath, TreeScan } from '@baton/core/captures';
import { kindOf, toEntry } from './entry-of-stats.ts';
import { judgeFileError } from './file-error.ts';
import { type GitZone, judgeInGit, mayBeGitDirectory } from './git-directory.ts';
import type { IgnoreRules } from './ignore-rules.ts';
import { createMayLieIn, createPatternMatch } from './ignore-rules.ts';
import { readLink } from './read-entry.ts';
import { type Repository, readRules } from './repository-rules.ts';
import type { SecretSearch } from './secret-search.ts';
import { WorkspaceTooLargeError } from './too-large-error.ts';
import type { TrackedPathsReader } from './tracked-paths.ts';
import { isRealPath, isTooLong, realRoot, toAbsolute, toBytes, toFsPath } from './tree-path.ts';

/** What a scan captures, and how much. */
export interface ScanOptions {
  /** Patterns of the form of gitignore: what is captured although a rule ignores it. */
  include: readonly string[];
  /** The most files and symlinks. The same bound holds for directories, and for what is left out. */
  maxFiles: number;
  /** The most bytes of files and symlinks. */
  maxBytes: number;
  /** A file or link is left out if its name or its target holds a secret. Default: names are not searched. */
  secretSearch?: SecretSearch;
  /**
   * Returns what git tracks, relative to the repository's work tree, or null if that is not known. The scan calls it at
   * most once for each repository, and only if a rule ignores something in it. It passes the absolute path of the git
   * directory.
   */
  readTrackedPaths?: TrackedPathsReader;
}

/** The directory that the scan is in. */
interface Position {
  path: TreePath;
  rules: IgnoreRules;
  /** The repository whose rules apply, if there is one. */
  repository: Repository | null;
  /** A rule ignores this directory or one above it. */
  isIgnored: boolean;
  /** The part of a git directory, or null outside git directories. */
  zone: GitZone | null;
  leftOut: Map<TreePath, LeftOutReason>;
}

/**
 * Lists what of a workspace is captured, and what is left out and why. It opens no file of the agent except the files
 * with ignore rules, and follows no symlink.
 *
 * @param root The absolute path of the workspace.
 * @throws {WorkspaceTooLargeError} As soon as a bound is passed.
 * @throws The error of a system call if the workspace itself cannot be listed, or if the error concerns the host.
 */
export function scanTree(root: string, options: ScanOptions): TreeScan {
  const startedAtMs = Date.now();
  return new TreeWalk(root, options, startedAtMs).run();
}

class TreeWalk {
  readonly #root: string;
  readonly #rootBytes: string;
  readonly #options: ScanOptions;
  readonly #scan: TreeScan;
  readonly #isIncluded: (path: TreePath, isDirectory: boolean) => boolean;
  readonly #mayIncludeIn: (directory: TreePath) => boolean;
  #directories = 0;

  constructor(root: string, options: ScanOptions, startedAtMs: number) {
    this.#root = root;
    this.#rootBytes = realRoot(root);
    this.#options = options;
    this.#scan = { entries: new Map(), leftOut: new Map(), files: 0, bytes: 0, startedAtMs };
    const include = options.include.map(toBytes);
    this.#isIncluded = include.length === 0 ? () => false : createPatternMatch(include);
    this.#mayIncludeIn = createMayLieIn(include);
  }

  run(): TreeScan {
    const names = readNames(this.#rootBytes);
    // A symlink in place of the workspace would lead the scan elsewhere.
    if (!isRealPath(this.#rootBytes)) {
      throw new Error('the workspace is not a directory, or its path changed');
    }
    const { leftOut } = this.#scan;
    const zone = isGitDirectory(this.#rootBytes, names) ? ('git' as const) : null;
    const start = { path: '', isIgnored: false, zone, leftOut };
    const own = readRules(this.#rootBytes, '', names, null);
    this.#visitAll(names, { ...start, ...own });
    return this.#scan;
  }

  /** Returns whether anything was captured. */
  #visitAll(names: readonly string[], position: Position): boolean {
    const prefix = position.path === '' ? '' : `${position.path}/`;
    let hasCaptured = false;
    for (const name of names) {
      if (this.#visit(prefix + name, name, position)) hasCaptured = true;
    }
    return hasCaptured;
  }

  #visit(path: TreePath, name: string, position: Position): boolean {
    if (this.#options.secretSearch?.holds(path)) {
      // The list of what was left out is stored, so it must not hold the secret either.
      return this.#leaveOut(
        path.slice(0, -name.length) + '*'.repeat(name.length),
        'secret',
        position,
      );
    }
    const absolute = toAbsolute(this.#rootBytes, path);
    if (isTooLong(absolute)) return this.#leaveOut(path, 'path_too_long', position);
    let stats: Stats | undefined;
    try {
      stats = lstatSync(toFsPath(absolute), { throwIfNoEntry: false });
    } catch (error) {
      return this.#leaveOutAfter(error, path, position);
    }
    if (stats === undefined) return false;
    const kind = kindOf(stats);
    if (kind === null) return this.#leaveOut(path, 'special', position);
    if (position.zone !== null)
      return this.#visitInGit(path, name, stats, kind, position.zone, position);
    const isDirectory = kind === 'directory';
    if (name === '.git' && isDirectory) {
      if (position.isIgnored && !this.#isIncluded(path, true)) {
        return this.#leaveOut(path, 'ignored', position);
      }
      return this.#enter(path, stats, { ...position, zone: 'git', isIgnored: false });
    }
    // Git's rules do not concern the file that names a git directory.
    const isIgnored =
      position.isIgnored || (name !== '.git' && position.rules.ignores(path, isDirectory));
    if (!isDirectory) {
      const isTaken = !isIgnored || this.#isWanted(path, false, position);
      return isTaken
        ? this.#take(path, stats, kind, position)
        : this.#leaveOut(path, 'ignored', position);
    }
    if (!isIgnored) return this.#enter(path, stats, position);
    return this.#enterIgnored(path, stats, position);
  }

  #visitInGit(
    path: TreePath,
    name: string,
    stats: Stats,
    kind: EntryKind,
    zone: GitZone,
    position: Position,
  ): boolean {
    const verdict = judgeInGit(zone, name, kind);
    if ('leaveOut' in verdict) return this.#leaveOut(path, verdict.leaveOut, position);
    if ('enter' in verdict) return this.#enter(path, stats, { ...position, zone: verdict.enter });
    return this.#take(path, stats, kind, position, verdict.isConfig);
  }

  #isWanted(path: TreePath, isDirectory: boolean, { repository }: Position): boolean {
    if (this.#isIncluded(path, isDirectory)) return true;
    return (
      repository !== null && !isDirectory && repository.tracks(path, this.#options.readTrackedPaths)
    );
  }

  // An ignored directory is recorded only if something in it is captured.
  #enterIgnored(path: TreePath, stats: Stats, position: Position): boolean {
    const isIncluded = this.#isIncluded(path, true);
    const mayHoldWanted =
      isIncluded ||
      this.#mayIncludeIn(path) ||
      position.repository?.tracksIn(path, this.#options.readTrackedPaths) === true;
    if (!mayHoldWanted) return this.#leaveOut(path, 'ignored', position);
    const leftOut = new Map<TreePath, LeftOutReason>();
    const inner = { ...position, isIgnored: true, leftOut };
    const hasCaptured = this.#enter(path, stats, inner, isIncluded);
    if (!hasCaptured) return this.#leaveOut(path, 'ignored', position);
    for (const [one, reason] of leftOut) position.leftOut.set(one, reason);
    return true;
  }

  /** Returns whether the directory was recorded. With `isRecorded` false, that depends on what is in it. */
  #enter(
    path: TreePath,
    stats: Stats,
    position: Position,
    isRecorded = !position.isIgnored,
  ): boolean {
    this.#directories += 1;
    if (this.#directories > this.#options.maxFiles) {
      throw new WorkspaceTooLargeError('files', this.#directories);
    }
    const absolute = toAbsolute(this.#rootBytes, path);
    let names: string[];
    try {
      names = readNames(absolute);
    } catch (error) {
      return this.#leaveOutAfter(error, path, position);
    }
    if (!isRealPath(absolute)) return false;
    const inner = this.#innerPosition(path, absolute, names, position);
    if (inner === null) return false;
    if (isRecorded) this.#scan.entries.set(path, toEntry(stats, 'directory'));
    const hasCaptured = this.#visitAll(names, inner);
    if (hasCaptured && !isRecorded) this.#scan.entries.set(path, toEntry(stats, 'directory'));
    return isRecorded || hasCaptured;
  }

  /** Returns null if the directory is ignored after all. */
  #innerPosition(
    path: TreePath,
    absolute: string,
    names: readonly string[],
    position: Position,
  ): Position | null {
    const { zone, isIgnored } = position;
    if ((zone === null || zone === 'modules') && isGitDirectory(absolute, names)) {
      // A part of a git directory would be of no use.
      if (isIgnored && !this.#isIncluded(path, true)) return null;
      return { ...position, path, zone: 'git', isIgnored: false };
    }
    if (zone !== null || isIgnored) return { ...position, path };
    return { ...position, path, ...readRules(this.#rootBytes, path, names, position) };
  }

  #take(
    path: TreePath,
    stats: Stats,
    kind: EntryKind,
    position: Position,
    isGitConfig?: true,
  ): boolean {
    if (kind === 'symlink' && this.#hasSecretTarget(path)) {
      return this.#leaveOut(path, 'secret', position);
    }
    const entry = toEntry(stats, kind);
    if (isGitConfig) entry.isGitConfig = true;
    this.#scan.entries.set(path, entry);
    this.#scan.files += 1;
    this.#scan.bytes += stats.size;
    const { files, bytes } = this.#scan;
    if (files > this.#options.maxFiles) throw new WorkspaceTooLargeError('files', files);
    if (bytes > this.#options.maxBytes) throw new WorkspaceTooLargeError('bytes', bytes);
    return true;
  }

  #hasSecretTarget(path: TreePath): boolean {
    if (this.#options.secretSearch === undefined) return false;
    try {
      return this.#options.secretSearch.holds(readLink(this.#root, path).toString('latin1'));
    } catch {
      // The link is gone. The capture finds that out when it reads the link.
      return false;
    }
  }

  #leaveOutAfter(error: unknown, path: TreePath, position: Position): boolean {
    const problem = judgeFileError(error);
    return problem === 'changed' ? false : this.#leaveOut(path, problem, position);
  }

  #leaveOut(path: TreePath, reason: LeftOutReason, { leftOut }: Position): false {
    leftOut.set(path, reason);
    if (leftOut.size > this.#options.maxFiles) {
      throw new WorkspaceTooLargeError('files', leftOut.size);
    }
    return false;
  }
}

function readNames(absolute: string): string[] {
  // In latin1, each byte of a name is one character.
  return readdirSync(toFsPath(absolute), { encoding: 'latin1' });
}

function isGitDirectory(absolute: string, names: readonly string[]): boolean {
  if (!mayBeGitDirectory(names)) return false;
  const stat = (name: string) =>
    lstatSync(toFsPath(`${absolute}/${name}`), { throwIfNoEntry: false });
  if (stat('HEAD')?.isDirectory()) return false;
  if (stat('commondir')?.isFile()) return true;
  return ['objects', 'refs'].every((name) => stat(name)?.isFile() === false);
}
