import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Git,
  GitError,
  MANIFEST_PATH,
  prepareRepository,
  removeRepository,
  type TreeScan,
  treeOf,
  writeRef,
} from '@baton/core/captures';
import type { CaptureRequest, CaptureResult } from './capture-types.ts';
import { openCommit } from './fast-import.ts';
import { findChanges, type ScanState, takeDirectories } from './scan-state.ts';
import type { SecretSearch } from './secret-search.ts';
import { WorkspaceTooLargeError } from './too-large-error.ts';
import { type Draft, manifestOf, startDraft, type Written, writeRounds } from './write-rounds.ts';

/** What a capture needs besides its request. */
export interface CaptureContext {
  git: Git;
  scan(): TreeScan;
  secretSearch: SecretSearch;
  /** What the last capture saw, if it is known and fits the request. */
  state: ScanState | null;
  /** From `stateKey`. */
  key: string;
  /** Resolves to whether the shadow repository holds this commit completely. */
  holds(commit: string): Promise<boolean>;
}

/** A capture, and what it saw. `state` is null if nothing is to be remembered. */
export interface CaptureOutcome {
  result: CaptureResult;
  state: ScanState | null;
}

/**
 * Captures a workspace. If git fails, the shadow repository may be damaged: the capture then begins
 * again with an empty repository, and stands alone.
 */
export async function takeCapture(
  request: CaptureRequest,
  context: CaptureContext,
): Promise<CaptureOutcome> {
  try {
    const scan = context.scan();
    const { state } = context;
    if (isNothing(request, scan)) return { result: unchanged(scan), state: null };
    if (state && !mustPack(request) && isUnchanged(request, state, scan)) {
      return { result: unchanged(scan), state };
    }
    try {
      return await writeCapture(request, context, scan);
    } catch (error) {
      if (!(error instanceof GitError) || error.isOfHost) throw error;
      removeRepository(request.shadow);
      const empty = { ...context, state: null, holds: async () => false };
      return await writeCapture(request, empty, context.scan());
    }
  } catch (error) {
    if (!(error instanceof WorkspaceTooLargeError)) throw error;
    const { limit, found } = error;
    return { result: { kind: 'too_large', limit, found }, state: context.state };
  }
}

function mustPack({ isWhole, isForced }: CaptureRequest): boolean {
  return isWhole === true || isForced === true;
}

// A workspace that was always empty needs no commit, so a session without files costs no git process.
function isNothing(request: CaptureRequest, { entries, leftOut }: TreeScan): boolean {
  if (mustPack(request) || (request.previous ?? request.base) !== null) return false;
  return entries.size === 0 && leftOut.size === 0;
}

function isUnchanged(request: CaptureRequest, state: ScanState, scan: TreeScan): boolean {
  const { changed, removed } = findChanges(state.entries, scan, { ignoresRacy: false });
  if (changed.length > 0 || removed.length > 0) return false;
  const entries = new Map(state.entries);
  takeDirectories(entries, scan);
  return manifestOf(request, { entries, withheld: state.withheld }, scan) === state.manifest;
}

async function writeCapture(
  request: CaptureRequest,
  context: CaptureContext,
  scan: TreeScan,
): Promise<CaptureOutcome> {
  const { git } = context;
  const { shadow, base, previous } = request;
  prepareRepository(shadow);
  const before = await findBefore(request, context);
  const parent = await findParent(request, context);
  const draft = startDraft(before.state);
  const writer = await openCommit(git, shadow, {
    parent,
    tree: before.state === null ? null : before.tree,
  });
  let made: { commit: string; tree: string };
  let written: Written;
  try {
    written = await writeRounds(request, context, { writer, draft, scan });
    const manifest = Buffer.from(written.manifest);
    await writer.write(MANIFEST_PATH, '100644', manifest.length, [manifest]);
    made = await writer.finish();
  } catch (error) {
    await writer.abort();
    throw error;
  }

  const { scan: last, isTorn, isBehind, manifest } = written;
  const commitBefore = previous ?? base;
  const isSame = commitBefore !== null && made.tree === before.tree && !mustPack(request);
  const state: ScanState = {
    commit: isSame ? commitBefore : made.commit,
    tree: made.tree,
    key: context.key,
    entries: draft.entries,
    withheld: draft.withheld,
    manifest,
  };
  writeRef(shadow, state.commit);
  if (isSame) return { result: unchanged(last, isBehind), state };
  const pack = await writePack(git, shadow, made.commit, parent);
  return {
    result: {
      kind: 'captured',
      commit: made.commit,
      pack,
      isSelfContained: parent === null,
      ...sizeOf(last, draft.withheld),
      leftOut: last.leftOut.size + draft.withheld.size,
      isTorn,
      isBehind,
    },
    state,
  };
}

// What was found in the scan, but left out when it was read, is not in the capture.
function sizeOf(
  { files, bytes, entries }: TreeScan,
  withheld: Draft['withheld'],
): { files: number; bytes: number } {
  const left = [...withheld.keys()].flatMap((path) => entries.get(path) ?? []);
  return { files: files - left.length, bytes: left.reduce((sum, { size }) => sum - size, bytes) };
}

// The state, or only the tree if the entries are unknown. Without either, everything is new.
async function findBefore(
  { shadow, base, previous }: CaptureRequest,
  { git, state, holds }: CaptureContext,
): Promise<{ state: ScanState | null; tree: string | null }> {
  const commit = previous ?? base;
  if (commit === null || !(await holds(commit))) return { state: null, tree: null };
  return { state, tree: state?.tree ?? (await treeOf(git, shadow, commit)) };
}

async function findParent(
  { base, previous, isMerged, isWhole }: CaptureRequest,
  { holds }: CaptureContext,
): Promise<string | null> {
  const parent = isWhole ? null : isMerged ? base : (previous ?? base);
  return parent !== null && (await holds(parent)) ? parent : null;
}

async function writePack(
  git: Git,
  shadow: string,
  commit: string,
  parent: string | null,
): Promise<{ file: string; bytes: number; id: string }> {
  const file = join(shadow, `outgoing-${randomUUID()}.pack`);
  const args = ['pack-objects', '--revs', '--thin', '--stdout', '--delta-base-offset', '--quiet'];
  const input = parent === null ? `${commit}\n` : `${commit}\n^${parent}\n`;
  try {
    return { file, ...(await git.runToFile(shadow, args, input, file)) };
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  }
}

function unchanged({ files, bytes }: TreeScan, isBehind = false): CaptureResult {
  return { kind: 'unchanged', files, bytes, isBehind };
}
