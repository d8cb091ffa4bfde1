import { createWakeup, type Progress } from '@baton/core/internal';
import { createBacklog } from './backlog.ts';
import {
  type CommitDeps,
  type CommitQueue,
  type RunningFacts,
  runCommitLoop,
} from './commit-and-renew-lease.ts';
import { type RecordedLine, toEvent } from './recorded-line.ts';

/** How long an amendment waits for a batch that it can go with, in milliseconds. */
const AMEND_MS = 260;

/** Writes an attempt's events in order, and keeps its lease. */
export interface Recorder {
  /** Takes a line. Over the bound of the backlog it returns a promise: the caller waits for it before the next line. */
  record(line: RecordedLine): Promise<void> | undefined;
  /** The first init line was read: the next write moves the session to running. */
  markRunning(facts: RunningFacts): void;
  /** Has the next write bring this along: that of a batch, or one of its own a moment from now. */
  amend(progress: Required<Pick<Progress, 'transcript'>>): void;
  /** Writes a heartbeat now, and resolves to whether MongoDB confirmed the fence. */
  heartbeat(): Promise<boolean>;
  /** Commits everything that was recorded, and stops. Resolves to false where writing had to stop. */
  finish(): Promise<boolean>;
  /**
   * Whether nothing may be written any more: a newer fence holds the session, the attempt gave up, or MongoDB
   * refused a write for good.
   */
  readonly mustStopWriting: boolean;
}

/** Whose events a recorder writes, and how. */
export interface RecorderOptions extends CommitDeps {
  sessionId: string;
  attempt: number;
  /** The number of the session's last event. */
  lastSeq: number;
}

/**
 * A recorder, running from now on. Per batch it inserts the events, then commits them by one guarded
 * update; without a batch for a third of the lease it writes a heartbeat. While MongoDB is away it tries
 * again and again; the backlog is bounded. Once `giveUp` is aborted nothing more is written.
 */
export function createRecorder(options: RecorderOptions): Recorder {
  const backlog = createBacklog();
  const queue: CommitQueue = {
    wakeup: createWakeup(),
    backlog,
    running: null,
    amendment: null,
    heartbeats: [],
    phase: 'recording',
    mustStopWriting: false,
  };
  const owner = {
    session_id: options.sessionId,
    attempt: options.attempt,
    fence: options.owned.fence,
  };
  let seq = options.lastSeq;
  const committing = runCommitLoop(queue, options);

  return {
    record(line) {
      if (queue.mustStopWriting) return undefined;
      seq += 1;
      backlog.add(toEvent(line, { ...owner, seq }));
      if (backlog.events === 1 || backlog.isFull()) queue.wakeup.signal();
      return backlog.hasCapacity() ? undefined : backlog.waitForCapacity();
    },
    markRunning(facts) {
      queue.running = facts;
      queue.wakeup.signal();
    },
    amend({ transcript }) {
      queue.amendment = { transcript, by: queue.amendment?.by ?? performance.now() + AMEND_MS };
      queue.wakeup.signal();
    },
    heartbeat() {
      if (queue.mustStopWriting || queue.phase === 'finished')
        return Promise.resolve(!queue.mustStopWriting);
      const { promise, resolve } = Promise.withResolvers<boolean>();
      queue.heartbeats.push(resolve);
      queue.wakeup.signal();
      return promise;
    },
    async finish() {
      if (queue.phase === 'recording') queue.phase = 'finishing';
      queue.wakeup.signal();
      await committing;
      return !queue.mustStopWriting;
    },
    get mustStopWriting() {
      return queue.mustStopWriting;
    },
  };
}
