// Notes in MongoDB which work root this worker has, and reads the work roots of the other workers.
import type { Logger, WorkerStore } from '@baton/core/internal';
import { runPeriodically } from '../runtime/run-periodically.ts';

/** The time between two notes of a worker that it is alive, in milliseconds. */
const NOTE_MS = 3_000;

// A worker that is late with one or two notes is still live. LEASE_MS alone may be shorter than three notes.
const MIN_LIVE_MS = 3 * NOTE_MS;

/** The presence of this worker in its fleet. */
export interface Presence {
  /**
   * Notes that this worker is alive, now and every three seconds, until `signal` is aborted. While `mayRun` returns false,
   * it notes nothing: sessions must not wait for a worker that takes none.
   */
  start(signal: AbortSignal, mayRun: () => boolean): void;
  /** Removes the note. Called when the worker takes no more sessions. Never rejects. */
  leave(): Promise<void>;
  /** Resolves to whether another live worker has this work root. */
  hasRoot(workRoot: string): Promise<boolean>;
  /** Returns the work roots of other live workers that differ from this worker's root, as of the last note. */
  otherRoots(): readonly string[];
}

/** What a presence needs. */
export interface PresenceDeps {
  workers: WorkerStore;
  workerId: string;
  host: string;
  workRoot: string;
  /** How long a worker counts as live after its last note, in milliseconds; at least 9 s. */
  liveMs: number;
  log: Logger;
}

/** Creates the presence of this worker. It notes nothing before `start`. */
export function createPresence(deps: PresenceDeps): Presence {
  const { workers, workerId, host, workRoot, liveMs, log } = deps;
  let others: readonly string[] = [];
  let hasLeft = false;

  async function findOtherWorkers(): Promise<{ work_root: string }[]> {
    const live = await workers.live(Math.max(liveMs, MIN_LIVE_MS));
    return live.filter((worker) => worker.worker_id !== workerId);
  }

  async function noteLive(mayRun: () => boolean): Promise<void> {
    if (hasLeft) return;
    if (mayRun()) await workers.noteLive({ workerId, host, workRoot });
    const roots = (await findOtherWorkers()).map(({ work_root }) => work_root);
    others = [...new Set(roots)].filter((root) => root !== workRoot).sort();
  }

  return {
    start(signal, mayRun) {
      runPeriodically(() => noteLive(mayRun), {
        everyMs: NOTE_MS,
        signal,
        onError: (error) =>
          log.warn(
            { err: error },
            'the worker could not note in MongoDB that it is alive, trying again',
          ),
      });
    },
    async leave() {
      hasLeft = true;
      await workers.remove(workerId).catch(() => {});
    },
    async hasRoot(root) {
      return (await findOtherWorkers()).some(({ work_root }) => work_root === root);
    },
    otherRoots: () => others,
  };
}
