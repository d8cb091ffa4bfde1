// Writes the files of a workspace to a commit while the workspace may change.

import { lstatSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import {
  buildManifest,
  formatManifest,
  type Git,
  type LeftOutReason,
  type TreePath,
  type TreeScan,
  toStoredPath,
} from '@baton/core/captures';
import type { CaptureRequest } from './capture-types.ts';
import type { CommitWriter } from './fast-import.ts';
import {
  findChanges,
  type KnownEntry,
  type ScanChanges,
  type ScanState,
  takeDirectories,
} from './scan-state.ts';
import type { SecretSearch } from './secret-search.ts';
import { createEntryWriter, type EntryWriter } from './write-entry.ts';

// A tree that changes during this many rounds is captured as it was read.
const MAX_REDO_ROUNDS = 3;

/** How long the reading of small files may keep the thread from other captures, in milliseconds. */
const MAX_BUSY_MS = 50;

/** What the rounds need besides the request. */
export interface RoundsContext {
  git: Git;
  scan(): TreeScan;
  secretSearch: SecretSearch;
}

/** What the commit has so far. */
export interface Draft {
  entries: Map<TreePath, KnownEntry>;
  withheld: Map<TreePath, LeftOutReason>;
  /** Files that were not written as they were at any one time. */
  torn: Set<TreePath>;
  /** Files that changed too often to be read. The commit may hold an older version of them. */
  behind: Set<TreePath>;
}

/** What the rounds have written. */
export interface Written {
  /** The last scan. */
  scan: TreeScan;
  isTorn: boolean;
  isBehind: boolean;
  /** manifest.json of the commit. */
  manifest: string;
}

/** Returns the draft of a commit that begins with the entries of this state. Null: with none. */
export function startDraft(state: ScanState | null): Draft {
  return {
    entries: new Map(state?.entries),
    withheld: new Map(state?.withheld),
    torn: new Set(),
    behind: new Set(),
  };
}

/**
 * Writes what changed to a commit, round by round, until the scan after a round sees no change. Adds everything that it
 * writes to the draft, and ends after four rounds: the commit is then torn.
 */
export async function writeRounds(
  request: CaptureRequest,
  context: RoundsContext,
  { writer, draft, scan: first }: { writer: CommitWriter; draft: Draft; scan: TreeScan },
): Promise<Written> {
  const entryWriter = createEntryWriter(context.git, request, context.secretSearch, writer);
  let scan = first;
  let changes = findChanges(draft.entries, scan, { ignoresRacy: false });
  let isStable = false;
  for (let redone = 0; !isStable && redone <= MAX_REDO_ROUNDS; redone += 1) {
    await writeChanges(changes, { writer, entryWriter, draft, scan });
    scan = context.scan();
    changes = findChanges(draft.entries, scan, { ignoresRacy: true });
    isStable = changes.changed.length === 0 && changes.removed.length === 0;
  }
  takeDirectories(draft.entries, scan);
  const manifest = manifestOf(request, draft, scan);
  // A file that was moved during the scans may have been seen at neither path.
  const mayMiss =
    changes.removed.length > 0 || changes.changed.some((path) => !draft.entries.has(path));
  const isBehind = mayMiss || [...draft.behind].some((path) => scan.entries.has(path));
  return { scan, isTorn: !isStable || draft.torn.size > 0, isBehind, manifest };
}

async function writeChanges(
  { changed, removed }: ScanChanges,
  {
    writer,
    entryWriter,
    draft,
    scan,
  }: { writer: CommitWriter; entryWriter: EntryWriter; draft: Draft; scan: TreeScan },
): Promise<void> {
  const { entries, withheld, torn, behind } = draft;
  // A file may have become a directory, so everything is removed before anything is written.
  for (const path of removed) {
    await writer.remove(toStoredPath(path));
    entries.delete(path);
    withheld.delete(path);
    torn.delete(path);
    behind.delete(path);
  }
  const rest = restAfter(MAX_BUSY_MS);
  for (const path of changed) {
    const entry = scan.entries.get(path);
    if (!entry) continue;
    await rest();
    const written = await entryWriter.write(path, entry, scan.startedAtMs);
    withheld.delete(path);
    torn.delete(path);
    // Without a known entry, the next scan finds the path changed.
    entries.delete(path);
    if (written.kind === 'gone') {
      behind.add(path);
      continue;
    }
    behind.delete(path);
    entries.set(path, written.entry);
    if (written.kind === 'torn') torn.add(path);
    if (written.kind !== 'withheld') continue;
    await writer.remove(toStoredPath(path));
    withheld.set(path, written.reason);
  }
}

// Files are read and searched without a pause, and the captures of other sessions run in the same thread.
function restAfter(busyMs: number): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < busyMs) return;
    await setImmediate();
    since = performance.now();
  };
}

/** Returns manifest.json of these entries. */
export function manifestOf(
  { tree }: CaptureRequest,
  { entries, withheld }: Pick<Draft, 'entries' | 'withheld'>,
  scan: TreeScan,
): string {
  const mode = lstatSync(tree).mode & 0o7777;
  return formatManifest(buildManifest({ path: tree, mode }, entries, scan.leftOut, withheld));
}
