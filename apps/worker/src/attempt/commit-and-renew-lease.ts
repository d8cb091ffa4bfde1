import {
  defined,
  type Event,
  type EventStore,
  type OwnedSession,
  type OwnerNews,
  type Progress,
  type Wakeup,
} from '@baton/core/internal';
import type { Backlog } from './backlog.ts';
import { msUntilCommit } from './commit-due.ts';
import { type WriteOptions, writeUntilAcknowledged } from './write-until-acknowledged.ts';

/** How long the first event of a batch waits for more events, in milliseconds. */
const BATCH_MS = 50;

/** The facts of a session's first init line. Writing them moves the session to `running`. */
export type RunningFacts = Progress & { pid?: number };

/** A message, and the number of the event that shows it. */
export interface ShownMessage {
  id: string;
  seq: number;
}

/**
 * Everything that waits for the next commit. The recorder adds to it and signals the wakeup; the
 * commit loop takes from it.
 */
export interface CommitQueue {
  readonly wakeup: Wakeup;
  readonly backlog: Backlog;
  /** What the next commit writes to move the session to `running`, or null. */
  running: RunningFacts | null;
  /**
   * What the next commit adds, or null: a transcript manifest with the messages that this transcript holds, and a
   * workspace. A message waits until the event that shows it is committed too. The commit is due at `by`
   * (performance.now).
   */
  amendment: {
    transcript?: NonNullable<Progress['transcript']>;
    workspace?: NonNullable<Progress['workspace']>;
    delivered: readonly ShownMessage[];
    by: number;
  } | null;
  /** The transcript manifest that was committed last, or null before the first. */
  committedTranscript: NonNullable<Progress['transcript']> | null;
  /** The number of the last event that is committed. */
  committedSeq: number;
  /** Callbacks that receive whether the next commit confirmed the fence. */
  heartbeats: ((isConfirmed: boolean) => void)[];
  phase: 'recording' | 'finishing' | 'finished';
  /**
   * Whether the attempt must not write any more: another worker holds the session under a newer
   * fence, the attempt gave up, or MongoDB kept refusing a write.
   */
  mustStopWriting: boolean;
}

/** What the commit loop needs for its writes, and the callbacks that report on them. */
export interface CommitDeps extends WriteOptions {
  owned: OwnedSession;
  events: EventStore;
  leaseMs: number;
  /**
   * Returns the progress to write with each commit. `last_result` is left out until its line is
   * committed too.
   */
  progress(): Progress;
  /** Called after each update that MongoDB confirmed under this attempt's fence. */
  onFenceHeld(news: OwnerNews): void;
  /** Called once if the loop ends because of `CommitQueue.mustStopWriting`. */
  onMustStop(): void;
}

/**
 * Commits what waits in the queue. Ends when the recorder is finishing and the queue is empty, or
 * when writing must stop. Each round inserts a batch of events and then commits it with one guarded
 * update. A round without events is a heartbeat: it only renews the lease.
 */
export async function runCommitLoop(queue: CommitQueue, deps: CommitDeps): Promise<void> {
  let committing: Promise<boolean> = Promise.resolve(true);
  for (;;) {
    await waitUntilDue(queue, deps.leaseMs);
    if (queue.mustStopWriting) break;
    const heartbeats = queue.heartbeats.splice(0);
    const batch = queue.backlog.takeBatch();
    // This batch may be inserted while the previous batch is still being committed. Readers see a
    // batch only after its own commit.
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
  const upTo = last?.seq ?? queue.committedSeq;
  const progress = takeProgress(queue, upTo, deps.progress());
  const facts = queue.running;
  queue.running = null;
  const news = await writeUntilAcknowledged(
    () => (facts ? deps.owned.markRunning({ ...progress, ...facts }) : deps.owned.commit(progress)),
    deps,
  );
  if (news === null) return false;
  queue.committedSeq = upTo;
  queue.committedTranscript = progress.transcript ?? queue.committedTranscript;
  deps.onFenceHeld(news);
  return true;
}

// The next worker concludes the session from a committed result, so the line of the result must be
// stored first.
function takeProgress(
  queue: CommitQueue,
  upTo: number,
  { last_result, ...progress }: Progress,
): Progress {
  const { transcript, workspace, delivered = [] } = queue.amendment ?? {};
  const [shown, later] = [
    delivered.filter(({ seq }) => seq <= upTo),
    delivered.filter(({ seq }) => seq > upTo),
  ];
  queue.amendment = later.length > 0 ? { delivered: later, by: performance.now() } : null;
  const isResultRecorded = last_result && queue.backlog.events === 0;
  return {
    ...progress,
    ...defined({
      transcript,
      workspace,
      delivered: shown.length > 0 ? shown.map(({ id }) => id) : undefined,
      last_event_seq: upTo > queue.committedSeq ? upTo : undefined,
      last_result: last_result === null || isResultRecorded ? last_result : undefined,
    }),
  };
}
