import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  addPacks,
  createGit,
  type GitOptions,
  holdsCommit,
  makeOwnFolder,
  pruneRepository,
} from '@baton/core/captures';
import type {
  CaptureRequest,
  CaptureResult,
  Excess,
  MeasureRequest,
  RestoreRequest,
  RestoreResult,
} from './capture-types.ts';
import { restoreCapture } from './restore-capture.ts';
import { ANY_KEY, loadState, type ScanState, saveState, stateKey } from './scan-state.ts';
import { scanTree } from './scan-tree.ts';
import { createSecretSearch } from './secret-search.ts';
import { takeCapture } from './take-capture.ts';
import { WorkspaceTooLargeError } from './too-large-error.ts';
import { createTrackedPathsReader, type TrackedPathsReader } from './tracked-paths.ts';

/** The calls that the thread of the capture engine serves. Calls for one shadow folder run one after the other. */
export interface CaptureCalls {
  /** Captures a workspace. Rejects if the workspace cannot be read, or git takes too long. */
  capture(request: CaptureRequest): Promise<CaptureResult>;
  /** Resolves to the bound that a workspace exceeds, or to null if it can be captured. Reads no file. */
  measure(request: MeasureRequest): Promise<Excess | null>;
  /** Returns whether the shadow repository holds this commit completely enough to restore it. */
  has(shadow: string, commit: string): Promise<boolean>;
  /** Adds packs (files, oldest first) to the shadow repository. Rejects with CaptureCorruptError if git refuses one. */
  addPacks(shadow: string, packs: readonly string[]): Promise<void>;
  /**
   * Writes the tree of a commit into `target`, and remembers what it wrote, so that the next capture
   * of `tree` is cheap. Rejects with CaptureCorruptError if the capture cannot be restored.
   */
  restore(request: RestoreRequest): Promise<RestoreResult>;
  /** Saves what is remembered of a workspace to the shadow folder, and forgets it. */
  release(shadow: string): Promise<void>;
}

// Many packs make every git call slower, but it takes time to put them together.
const MAX_PACKS_WHILE_HELD = 50;
const MAX_PACKS_AT_REST = 20;

/** What is remembered of one shadow folder. */
interface Memory {
  /** Ends when the last call for this shadow folder has ended. */
  last: Promise<unknown>;
  state: ScanState | null;
  /** Commits that the repository was seen to hold completely. */
  held: Set<string>;
  readTrackedPaths: TrackedPathsReader;
}

/** Creates the calls. They run in the thread that calls this function, and start git with these options. */
export function createCaptureCalls(options: GitOptions): CaptureCalls {
  const git = createGit(options);
  const memories = new Map<string, Memory>();

  function memoryOf(shadow: string): Memory {
    const known = memories.get(shadow);
    if (known) return known;
    const memory: Memory = {
      last: Promise.resolve(),
      state: null,
      held: new Set(),
      readTrackedPaths: createTrackedPathsReader(git, shadow),
    };
    memories.set(shadow, memory);
    return memory;
  }

  function inTurn<T>(shadow: string, run: (memory: Memory) => Promise<T>): Promise<T> {
    const memory = memoryOf(shadow);
    const turn = memory.last.then(() => run(memory));
    memory.last = turn.catch(() => {});
    return turn;
  }

  async function holds(memory: Memory, shadow: string, commit: string): Promise<boolean> {
    if (memory.held.has(commit)) return true;
    const isHeld = await holdsCommit(git, shadow, commit);
    if (isHeld) memory.held.add(commit);
    return isHeld;
  }

  return {
    capture: (request) =>
      inTurn(request.shadow, async (memory) => {
        const { shadow, tree, include, maxBytes, maxFiles } = request;
        const key = stateKey(include, request.secrets);
        mkdirSync(dirname(shadow), { recursive: true });
        makeOwnFolder(shadow);
        const { readTrackedPaths } = memory;
        const secretSearch = createSecretSearch(request.secrets);
        const options = { include, maxBytes, maxFiles, secretSearch, readTrackedPaths };
        const outcome = await takeCapture(request, {
          git,
          key,
          state: findState(memory, request, key),
          secretSearch,
          scan: () => scanTree(tree, options),
          holds: (commit) => holds(memory, shadow, commit),
        });
        memory.state = outcome.state;
        if (outcome.result.kind === 'captured') {
          const { commit, isSelfContained } = outcome.result;
          // The repository may have been made anew.
          if (isSelfContained) memory.held.clear();
          memory.held.add(commit);
          // The capture succeeded, even if this fails.
          await pruneRepository(git, shadow, MAX_PACKS_WHILE_HELD).catch(() => {});
        }
        return outcome.result;
      }),
    measure: (request) =>
      inTurn(request.shadow, async () => {
        try {
          const readTrackedPaths = createTrackedPathsReader(git, request.shadow);
          scanTree(request.tree, { ...request, readTrackedPaths });
          return null;
        } catch (error) {
          if (!(error instanceof WorkspaceTooLargeError)) throw error;
          return { limit: error.limit, found: error.found };
        }
      }),
    has: (shadow, commit) => inTurn(shadow, () => holdsCommit(git, shadow, commit)),
    addPacks: (shadow, packs) => inTurn(shadow, () => addPacks(git, shadow, packs)),
    restore: (request) =>
      inTurn(request.shadow, async (memory) => {
        const { result, state } = await restoreCapture(git, request);
        // The attempt may end before its first capture, and then it never calls `release`. So the state is on disk only.
        memory.state = null;
        memory.held.add(request.commit);
        saveState(request.shadow, state);
        return result;
      }),
    async release(shadow) {
      const memory = memories.get(shadow);
      if (!memory) return;
      const released = inTurn(shadow, async () => {
        const { state } = memory;
        memory.state = null;
        memory.held.clear();
        if (!existsSync(shadow)) return;
        if (state) saveState(shadow, state);
        await pruneRepository(git, shadow, MAX_PACKS_AT_REST);
      });
      const { last } = memory;
      try {
        await released;
      } finally {
        // Calls that came meanwhile still wait for their turn.
        if (memory.last === last) memories.delete(shadow);
      }
    },
  };
}

function findState(
  memory: Memory,
  { shadow, base, previous }: CaptureRequest,
  key: string,
): ScanState | null {
  const commit = previous ?? base;
  if (commit === null) return null;
  const { state } = memory;
  if (state?.commit === commit && (state.key === key || state.key === ANY_KEY)) return state;
  return loadState(shadow, commit, key);
}
