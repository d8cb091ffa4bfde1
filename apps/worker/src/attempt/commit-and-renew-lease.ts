import {
  defined,
  type Event,
  type EventStore,
  type OwnedSession,
  type Progress,
  type StopTimes,
  type Wakeup,
} from '@baton/core/internal';
import type { Backlog } from './backlog.ts';
import { msUntilCommit } from './commit-due.ts';
import { type WriteOptions, writeUntilAcknowledged } from './write-until-acknowledged.ts';

/** How long the first event of a batch waits for others, in milliseconds. */
const BATCH_MS = 50;

/** What moves a session to running: facts of its first init line. */
export type RunningFacts = Progress & { pid?: number };

/** What waits for a recorder's commit loop. The recorder adds to it and signals; the loop takes from it. */
export interface CommitQueue {
  readonly wakeup: Wakeup;
  readonly backlog: Backlog;
  /** There until a commit has moved the session to running. */
  running: RunningFacts | null;
  /** Progress for the next commit, which comes at the latest at `by` (performance.now). */
  amendment: { transcript: NonNullable<Progress['transcript']>; by: number } | null;
  /** Called with whether the next commit confirmed the fence. */
  heartbeats: ((isConfirmed: boolean) => void)[];
  phase: 'recording' | 'finishing' | 'finished';
  /**
   * Whether nothing may be written any more: a newer fence holds the session, the attempt gave up, or MongoDB
   * refused a write for good.
   */
  mustStopWriting: boolean;
}

/** Where the commit loop writes. */
export interface CommitDeps extends WriteOptions {
  owned: OwnedSession;
  events: EventStore;
  leaseMs: number;
  /** Progress to write with each batch; `last_result` waits for the batch that holds its line. */
  progress(): Progress;
  /** Called after each confirmed write. */
  onFenceHeld(stopTimes: StopTimes): void;
  /** Called once, when the loop ends before everything was committed: see `CommitQueue.mustStopWriting`. */
  onMustStop(): void;
}

/**
 * Commits what waits in the queue until it is finished and empty, or writing must stop. Each round inserts
 * a batch of events, then commits it by one guarded update; a round without events is a heartbeat.
 */
export async function runCommitLoop(queue: CommitQueue, deps: CommitDeps): Promise<void> {
  let committing: Promise<boolean> = Promise.resolve(true);
  for (;;) {
    await waitUntilDue(queue, deps.leaseMs);
    if (queue.mustStopWriting) break;
    const heartbeats = queue.heartbeats.splice(0);
    const batch = queue.backlog.takeBatch();
    // A batch is inserted beside the commit of the one before it: no reader sees it before its own commit.
    const isInserted = await insert(batch, deps);
    const isConfirmed = isInserted && (await committing);
    committing = isConfirmed ? commit(queue, batch.at(-1), deps) : Promise.resolve(false);
    void committing.then((isCommitted) => {
      for (const resolve of heartbeats) resolve(isCommitted);
      if (isCommitted) return;
      queue.mustStopWriting = true;
      queue.wakeup.signal();
    });
    if (queue.phase === 'finishing' && queue.backlog.events === 0) {
      queue.mustStopWriting = !(await committing);
      break;
    }
  }
  queue.phase = 'finished';
  queue.backlog.close();
  for (const resolve of queue.heartbeats) resolve(!queue.mustStopWriting);
  if (queue.mustStopWriting) deps.onMustStop();
}

async function waitUntilDue(queue: CommitQueue, leaseMs: number): Promise<void> {
  const { backlog, wakeup } = queue;
  const heartbeatBy = performance.now() + leaseMs / 3;
  let batchBy: number | null = null;
  for (;;) {
    const now = performance.now();
    if (backlog.events > 0) batchBy ??= now + BATCH_MS;
    const ms = msUntilCommit(
      {
        events: backlog.events,
        isBatchFull: backlog.isFull(),
        batchBy: batchBy ?? now,
        isHeartbeatRequested: queue.heartbeats.length > 0,
        heartbeatBy,
        isRunningPending: queue.running !== null,
        amendBy: queue.amendment?.by,
        isFinishing: queue.phase === 'finishing',
        mustStopWriting: queue.mustStopWriting,
      },
      now,
    );
    if (ms === 0) return;
    await wakeup.wait(ms);
  }
}

async function insert(batch: readonly Event[], deps: CommitDeps): Promise<boolean> {
  if (batch.length === 0) return true;
  const done = await writeUntilAcknowledged(async () => {
    await deps.events.insert(batch);
    return {};
  }, deps);
  return done !== null;
}

async function commit(
  queue: CommitQueue,
  last: Event | undefined,
  deps: CommitDeps,
): Promise<boolean> {
  const progress = takeProgress(queue, last?.seq, deps.progress());
  const facts = queue.running;
  queue.running = null;
  const stopTimes = await writeUntilAcknowledged(
    () => (facts ? deps.owned.markRunning({ ...progress, ...facts }) : deps.owned.commit(progress)),
    deps,
  );
  if (stopTimes) deps.onFenceHeld(stopTimes);
  return stopTimes !== null;
}

// A committed result ends the session for readers and for the next worker, so its line must be stored first.
function takeProgress(
  queue: CommitQueue,
  seq: number | undefined,
  { last_result, ...progress }: Progress,
): Progress {
  const transcript = queue.amendment?.transcript;
  queue.amendment = null;
  const isResultRecorded = last_result && queue.backlog.events === 0;
  return {
    ...progress,
    ...defined({
      transcript,
      last_event_seq: seq,
      last_result: last_result === null || isResultRecorded ? last_result : undefined,
    }),
  };
}
