import { createHash, randomBytes, scryptSync } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  clearOwnPath,
  type EntryKind,
  type LeftOutReason,
  makeOwnFolder,
  readOwnFile,
  type TreeEntry,
  type TreePath,
  type TreeScan,
} from '@baton/core/captures';
import { isSameEntry } from './entry-of-stats.ts';

/** An entry as it was when its content was read. */
export interface KnownEntry extends TreeEntry {
  /** The content may have changed after it was read, without a change of these numbers. */
  isRacy?: true;
}

/** What the last capture of a workspace saw. */
export interface ScanState {
  /** The commit that holds these entries. */
  commit: string;
  /** The tree of that commit. */
  tree: string;
  /** From `stateKey`, or `any` after a restore. If the key of a capture differs, that capture reads everything again. */
  key: string;
  entries: Map<TreePath, KnownEntry>;
  /** The entries that were left out when they were read. */
  withheld: Map<TreePath, LeftOutReason>;
  /** manifest.json of that commit. */
  manifest: string;
}

/** What differs between known entries and a new scan. */
export interface ScanChanges {
  /** Files and symlinks to read. */
  changed: TreePath[];
  /** Files and symlinks to remove from the capture. */
  removed: TreePath[];
}

/** The key of the state after a restore. It fits all patterns and secrets. */
export const ANY_KEY = 'any';

// A timestamp has the granularity of the kernel's tick, at most 10 ms.
const RACY_MS = 20;

// The file of the last scan, and its largest size. A row has about 150 bytes.
const SCAN = 'scan';
const MAX_SCAN_BYTES = 256 * 1024 * 1024;

const OID = /^[0-9a-f]{40}$/;

const KINDS: readonly EntryKind[] = ['file', 'symlink', 'directory'];

type Row = [
  path: string,
  kind: number,
  mode: number,
  size: number,
  mtimeMs: number,
  ctimeMs: number,
  ino: number,
  dev: number,
  flags: number,
];

interface SavedState {
  version: 1;
  commit: string;
  tree: string;
  salt: string;
  key: string;
  manifest: string;
  withheld: [TreePath, LeftOutReason][];
  entries: Row[];
}

/** Returns a value that is equal for equal patterns and secrets. */
export function stateKey(include: readonly string[], secrets: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([include, secrets]))
    .digest('hex');
}

/** Returns the entry as known, marked if it is too young for its numbers to show a change. */
export function toKnown(entry: TreeEntry, startedAtMs: number): KnownEntry {
  const isRacy = Math.max(entry.mtimeMs, entry.ctimeMs) >= startedAtMs - RACY_MS;
  return isRacy ? { ...entry, isRacy } : entry;
}

/**
 * Compares known entries with a scan. `ignoresRacy` is for the scan at the end of a capture: what
 * was just read is not read again.
 */
export function findChanges(
  known: ReadonlyMap<TreePath, KnownEntry>,
  scan: TreeScan,
  { ignoresRacy }: { ignoresRacy: boolean },
): ScanChanges {
  const changed: TreePath[] = [];
  const removed: TreePath[] = [];
  for (const [path, entry] of scan.entries) {
    if (entry.kind === 'directory') continue;
    const before = known.get(path);
    if (!before || !isSameEntry(before, entry) || (before.isRacy && !ignoresRacy))
      changed.push(path);
  }
  for (const [path, entry] of known) {
    if (entry.kind === 'directory') continue;
    const now = scan.entries.get(path);
    if (!now || now.kind === 'directory') removed.push(path);
  }
  return { changed, removed };
}

/** Takes the directories of a scan over into known entries. */
export function takeDirectories(known: Map<TreePath, KnownEntry>, scan: TreeScan): void {
  for (const [path, entry] of known) if (entry.kind === 'directory') known.delete(path);
  for (const [path, entry] of scan.entries) {
    if (entry.kind === 'directory') known.set(path, entry);
  }
}

/** Saves a state to the file `scan` of a shadow folder. */
export function saveState(shadow: string, state: ScanState): void {
  const { salt, hidden } = hideKey(state.key);
  const saved: SavedState = {
    version: 1,
    commit: state.commit,
    tree: state.tree,
    salt,
    key: hidden,
    manifest: state.manifest,
    withheld: [...state.withheld],
    entries: [...state.entries].map(([path, entry]) => toRow(path, entry)),
  };
  makeOwnFolder(shadow);
  const temporary = join(shadow, `${SCAN}.new`);
  rmSync(temporary, { recursive: true, force: true });
  writeFileSync(temporary, JSON.stringify(saved), { flag: 'wx', mode: 0o600 });
  clearOwnPath(join(shadow, SCAN));
  renameSync(temporary, join(shadow, SCAN));
}

/** Loads the state of a commit. Returns null if the file is absent or damaged, or is of another commit or key. */
export function loadState(shadow: string, commit: string, key: string): ScanState | null {
  try {
    const text = readOwnFile(join(shadow, SCAN), MAX_SCAN_BYTES);
    const saved = JSON.parse(text ?? 'null') as SavedState | null;
    if (saved?.version !== 1 || saved.commit !== commit || !OID.test(saved.tree)) return null;
    const isAny = saved.key === ANY_KEY;
    if (!isAny && saved.key !== hideKey(key, saved.salt).hidden) return null;
    return {
      commit,
      tree: saved.tree,
      key: isAny ? ANY_KEY : key,
      entries: new Map(saved.entries.map((row) => [row[0], fromRow(row)])),
      withheld: new Map(saved.withheld),
      manifest: saved.manifest,
    };
  } catch {
    return null;
  }
}

/** A key as the file holds it. */
interface HiddenKey {
  salt: string;
  hidden: string;
}

// Each key is hidden once, because scrypt takes longer than the capture of a small workspace.
const hiddenKeys = new Map<string, HiddenKey>();
const MAX_HIDDEN_KEYS = 100;

// The agent can read the file, so a short secret must not be guessable from it. Without a salt, any salt will do.
function hideKey(key: string, salt?: string): HiddenKey {
  if (key === ANY_KEY) return { salt: salt ?? '', hidden: ANY_KEY };
  const known = hiddenKeys.get(key);
  if (known && (salt === undefined || known.salt === salt)) return known;
  const used = salt ?? randomBytes(16).toString('hex');
  const made = { salt: used, hidden: scryptSync(key, used, 32, { N: 1024 }).toString('hex') };
  if (hiddenKeys.size >= MAX_HIDDEN_KEYS) hiddenKeys.clear();
  // A salt that an agent wrote into the file is not used for a file that Baton writes.
  if (salt === undefined) hiddenKeys.set(key, made);
  return made;
}

function toRow(path: TreePath, entry: KnownEntry): Row {
  const flags = (entry.isGitConfig ? 1 : 0) | (entry.isRacy ? 2 : 0);
  const { mode, size, mtimeMs, ctimeMs, ino, dev } = entry;
  return [path, KINDS.indexOf(entry.kind), mode, size, mtimeMs, ctimeMs, ino, dev, flags];
}

function fromRow([, kind, mode, size, mtimeMs, ctimeMs, ino, dev, flags]: Row): KnownEntry {
  const entry: KnownEntry = {
    kind: KINDS[kind] ?? 'file',
    mode,
    size,
    mtimeMs,
    ctimeMs,
    ino,
    dev,
  };
  if (flags & 1) entry.isGitConfig = true;
  if (flags & 2) entry.isRacy = true;
  return entry;
}
