import { lstatSync } from 'node:fs';
import { posix } from 'node:path';
import {
  type Git,
  GitError,
  type LeftOutReason,
  type TreeEntry,
  type TreePath,
  toStoredPath,
} from '@baton/core/captures';
import { toEntry } from './entry-of-stats.ts';
import type { CommitWriter } from './fast-import.ts';
import { filterGitConfig } from './git-config-filter.ts';
import { type FileContent, readFileEntry, readLink } from './read-entry.ts';
import { type KnownEntry, toKnown } from './scan-state.ts';
import type { SecretSearch } from './secret-search.ts';
import { realRoot, toAbsolute, toFsPath } from './tree-path.ts';

/**
 * How an entry was written. An entry that is `gone` was removed since the scan, or it changes too often to be read as it
 * was at any one time.
 */
export type WrittenEntry =
  | { kind: 'whole' | 'torn'; entry: KnownEntry }
  | { kind: 'withheld'; entry: KnownEntry; reason: LeftOutReason }
  | { kind: 'gone' };

/** Reads entries of a workspace, and writes them to a commit. */
export interface EntryWriter {
  /** `startedAtMs` is the start of the scan that found the entry. */
  write(path: TreePath, entry: TreeEntry, startedAtMs: number): Promise<WrittenEntry>;
}

/** How often a file is looked at again if it changed before it was read. */
const MAX_LOOKS = 5;

const MAX_CONFIG_BYTES = 1024 * 1024;

/** Creates the writer of one commit. It reads the workspace `tree`, and runs git in the shadow folder. */
export function createEntryWriter(
  git: Git,
  { tree, shadow }: { tree: string; shadow: string },
  search: SecretSearch,
  writer: CommitWriter,
): EntryWriter {
  async function writeLink(path: TreePath, entry: KnownEntry): Promise<WrittenEntry> {
    let target: Buffer;
    try {
      target = readLink(tree, path);
    } catch {
      return { kind: 'gone' };
    }
    // The scan has searched the link, but it may be another one now.
    if (search.holds(target.toString('latin1')))
      return { kind: 'withheld', entry, reason: 'secret' };
    await writer.write(toStoredPath(path), '120000', target.length, [target]);
    return { kind: 'whole', entry };
  }

  async function writeConfig(
    path: TreePath,
    entry: KnownEntry,
    pieces: Iterable<Buffer>,
  ): Promise<WrittenEntry> {
    const listing = await listConfig(git, shadow, pieces);
    if (listing === null) return { kind: 'withheld', entry, reason: 'runs_code' };
    const gitDir = posix.dirname(path);
    const text = filterGitConfig(listing, {
      isInsideWorkspace: (inner) => !posix.join(gitDir, inner).startsWith('..'),
      holdsSecret: (bytes) => search.holds(bytes),
    });
    const config = Buffer.from(text);
    if (search.holds(config.toString('latin1')))
      return { kind: 'withheld', entry, reason: 'secret' };
    await writer.write(toStoredPath(path), '100644', config.length, [config]);
    return { kind: 'whole', entry };
  }

  return {
    async write(path, scanned, startedAtMs) {
      if (scanned.kind === 'symlink') return writeLink(path, toKnown(scanned, startedAtMs));
      const { found, read } = readAsItIs(tree, path, scanned, search);
      const entry = toKnown(found, startedAtMs);
      if (read.kind === 'changed') return { kind: 'gone' };
      if (read.kind === 'left_out') return { kind: 'withheld', entry, reason: read.reason };
      if (found.isGitConfig) return writeConfig(path, entry, read.pieces);
      const mode = (found.mode & 0o100) === 0 ? '100644' : '100755';
      const isWhole = await writer.write(toStoredPath(path), mode, read.size, read.pieces);
      return isWhole
        ? { kind: 'whole', entry }
        : { kind: 'torn', entry: { ...entry, isRacy: true } };
    },
  };
}

// A scan of many files takes a while, so a file that is written all the time has always changed since. A look at the file
// alone is fast enough to read it between two writes.
function readAsItIs(
  tree: string,
  path: TreePath,
  scanned: TreeEntry,
  search: SecretSearch,
): { found: TreeEntry; read: FileContent } {
  let found = scanned;
  let read = readFileEntry(tree, path, found, search);
  for (let tries = 0; read.kind === 'changed' && tries < MAX_LOOKS; tries += 1) {
    const now = lookAgain(tree, path, scanned);
    if (now === null) break;
    found = now;
    read = readFileEntry(tree, path, found, search);
  }
  return { found, read };
}

// Returns null if the file is gone.
function lookAgain(tree: string, path: TreePath, { isGitConfig }: TreeEntry): TreeEntry | null {
  try {
    const stats = lstatSync(toFsPath(toAbsolute(realRoot(tree), path)), { throwIfNoEntry: false });
    if (!stats?.isFile()) return null;
    const entry = toEntry(stats, 'file');
    return isGitConfig ? { ...entry, isGitConfig } : entry;
  } catch {
    return null;
  }
}

// Returns null if the file is too large or no valid configuration.
async function listConfig(
  git: Git,
  shadow: string,
  pieces: Iterable<Buffer>,
): Promise<Buffer | null> {
  const content: Buffer[] = [];
  let bytes = 0;
  for (const piece of pieces) {
    bytes += piece.length;
    if (bytes > MAX_CONFIG_BYTES) return null;
    content.push(Buffer.from(piece));
  }
  try {
    // From standard input, git would follow includes out of the workspace.
    const args = ['config', '--no-includes', '--list', '-z', '--file', '-'];
    return await git.run(shadow, args, Buffer.concat(content));
  } catch (error) {
    if (error instanceof GitError && !error.isOfHost) return null;
    throw error;
  }
}
