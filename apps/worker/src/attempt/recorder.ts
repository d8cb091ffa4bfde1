import {
  createWakeup,
  defined,
  type Progress,
  type TranscriptManifest,
} from '@baton/core/internal';
import { createBacklog } from './backlog.ts';
import {
  type CommitDeps,
  type CommitQueue,
  type RunningFacts,
  runCommitLoop,
  type ShownMessage,
} from './commit-and-renew-lease.ts';
import { type RecordedLine, toEvent } from './recorded-line.ts';

/** How long an amendment waits to be written together with a batch of events, in milliseconds. */
const AMEND_MS = 260;

/** Writes an attempt's events in order, and renews its lease. */
export interface Recorder {
  /**
   * Adds a line to the backlog. If the backlog is full, returns a promise that the caller awaits
   * before the next line.
   */
  record(line: RecordedLine): Promise<void> | undefined;
  /** The number of the event that was recorded last. */
  readonly seq: number;
  /**
   * Makes the next write move the session to `running`. Called when the first init line was read.
   */
  markRunning(facts: RunningFacts): void;
  /**
   * Adds a transcript manifest or a workspace to the next write. If no batch of events is written
   * within 260 ms, they are written alone.
   */
  amend(progress: Amendment): void;
  /**
   * Commits everything that was recorded before the call. Resolves to false if writing had to stop
   * earlier.
   */
  flush(): Promise<boolean>;
  /** Returns the transcript manifest that MongoDB confirmed last, or null if this attempt has stored none. */
  savedTranscript(): TranscriptManifest | null;
  /** Renews the lease with a write. Resolves to whether MongoDB confirmed the fence. */
  heartbeat(): Promise<boolean>;
  /**
   * Commits everything that was recorded, and stops. Resolves to false if writing had to stop
   * earlier.
   */
  finish(): Promise<boolean>;
  /**
   * Whether the attempt must not write any more: another worker holds the session under a newer
   * fence, the attempt gave up, or MongoDB kept refusing a write.
   */
  readonly mustStopWriting: boolean;
}

/** A transcript manifest and the messages that this transcript holds, or a workspace. */
export type Amendment = Pick<Progress, 'transcript' | 'workspace'> & {
  delivered?: readonly ShownMessage[];
};

/** The attempt whose events are recorded, and how they are written. */
export interface RecorderOptions extends CommitDeps {
  sessionId: string;
  attempt: number;
  /** The number of the session's last event. */
  lastSeq: number;
}

/**
 * Creates a recorder and starts its commit loop. The loop inserts each batch of events and then
 * commits it with one guarded update. After a third of the lease without a batch, it writes a
 * heartbeat. While MongoDB does not answer, it repeats the write, and the backlog stays bounded.
 * Once the signal `giveUp` fires, the recorder writes nothing more.
 */
export function createRecorder(options: RecorderOptions): Recorder {
  const backlog = createBacklog();
  const queue: CommitQueue = {
    wakeup: createWakeup(),
    backlog,
    running: null,
    amendment: null,
    committedTranscript: null,
    committedSeq: options.lastSeq,
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

  function heartbeat(): Promise<boolean> {
    if (queue.mustStopWriting || queue.phase === 'finished') {
      return Promise.resolve(!queue.mustStopWriting);
    }
    const { promise, resolve } = Promise.withResolvers<boolean>();
    queue.heartbeats.push(resolve);
    queue.wakeup.signal();
    return promise;
  }

  return {
    record(line) {
      if (queue.mustStopWriting) return undefined;
      seq += 1;
      backlog.add(toEvent(line, { ...owner, seq }));
      if (backlog.events === 1 || backlog.isFull()) queue.wakeup.signal();
      return backlog.hasCapacity() ? undefined : backlog.waitForCapacity();
    },
    get seq() {
      return seq;
    },
    markRunning(facts) {
      queue.running = facts;
      queue.wakeup.signal();
    },
    amend({ delivered = [], ...fields }) {
      const {
        by = performance.now() + AMEND_MS,
        delivered: earlier = [],
        ...before
      } = queue.amendment ?? {};
      queue.amendment = {
        ...before,
        ...defined(fields),
        delivered: [...earlier, ...delivered],
        by,
      };
      queue.wakeup.signal();
    },
    async flush() {
      const upTo = seq;
      while (queue.committedSeq < upTo) if (!(await heartbeat())) return false;
      return true;
    },
    heartbeat,
    savedTranscript: () => queue.committedTranscript,
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
