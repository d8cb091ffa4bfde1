import type {
  Attempt,
  LivePublisher,
  Logger,
  OwnedSession,
  Prices,
  Session,
  StopTimes,
  StoreClock,
  Stores,
} from '@baton/core/internal';
import type { ClaudeCli } from '../claude/find-claude-cli.ts';
import type { HostHealth } from '../host/host-health.ts';
import type { DeadlinesMs } from './deadlines.ts';
import { type Ownership, watchOwnership } from './ownership.ts';
import type { PrepareDeps } from './prepare.ts';
import { type AttemptProgress, createAttemptProgress } from './progress.ts';
import { withPublishing } from './publish-writes.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import { createStopSwitch, type StopSwitch } from './stop-switch.ts';
import type { WriteOptions } from './write-until-acknowledged.ts';

/** What every attempt of a worker shares. */
export interface AttemptDeps extends PrepareDeps {
  stores: PrepareDeps['stores'] & Pick<Stores, 'owned'>;
  clock: StoreClock;
  live: LivePublisher;
  cli: ClaudeCli;
  host: HostHealth;
  launcher: readonly string[];
  leaseMs: number;
  /** The pause before a session's first retry, in milliseconds; see backoff.ts. */
  retryFirstMs: number;
  deadlines: DeadlinesMs;
  /** Prices for the part of an attempt's cost that the CLI did not report; default: the list prices. */
  prices?: Prices;
  log: Logger;
}

/** One attempt under way: what it works on, what it writes through, and what can stop it. */
export interface AttemptContext {
  deps: AttemptDeps;
  session: Session;
  attempt: Attempt;
  /** Logs with the session's id and the attempt's number. */
  log: Logger;
  /** The session's document, as the holder of this attempt's fence may write it. */
  owned: OwnedSession;
  /** Writes events in order, and renews the lease from the start of the attempt to its last write. */
  recorder: Recorder;
  progress: AttemptProgress;
  stopSwitch: StopSwitch;
  ownership: Ownership;
  /** How each write is repeated until MongoDB acknowledges it. */
  writeOptions: WriteOptions;
  /** Ends every write that is being repeated, and so the recorder with its lease renewals and the copy of the transcript. */
  giveUp(): void;
}

/** Sets up a claimed attempt. Its recorder and its ownership watch run from now on. */
export function createAttemptContext(
  deps: AttemptDeps,
  session: Session,
  attempt: Attempt,
): AttemptContext {
  const { leaseMs } = deps;
  const log = deps.log.child({ session_id: session.id, attempt: attempt.attempt });
  const fenced = { id: session.id, attempt: attempt.attempt, fence: attempt.fence, leaseMs };
  const owned = withPublishing(deps.stores.owned.open(fenced), session, deps.live);
  const givenUp = new AbortController();
  const writeOptions: WriteOptions = {
    giveUp: givenUp.signal,
    onError: (error) =>
      log.warn({ err: error }, 'a write to MongoDB failed; the attempt repeats it'),
  };
  const stopSwitch = createStopSwitch();
  const progress = createAttemptProgress(session);
  const ownership = watchOwnership(leaseMs, () => {
    // Once MongoDB is back the fence decides: the session is retried, unless another worker has it by then.
    log.error(
      'neither MongoDB nor Redis has confirmed this attempt for the length of a lease; its run is stopped',
    );
    stopSwitch.stop({ kind: 'store_unavailable' });
  });
  const recorder = createRecorder({
    owned,
    events: deps.stores.events,
    sessionId: session.id,
    attempt: attempt.attempt,
    lastSeq: session.last_event_seq,
    leaseMs,
    progress: progress.current,
    onFenceHeld: (stopTimes) => {
      ownership.fenceHeld();
      stopOnRequest(stopTimes, stopSwitch);
    },
    onMustStop: () => stopSwitch.stop({ kind: 'lost' }),
    ...writeOptions,
  });
  return {
    deps,
    session,
    attempt,
    log,
    owned,
    recorder,
    progress,
    stopSwitch,
    ownership,
    writeOptions,
    giveUp: () => givenUp.abort(),
  };
}

/** Stops the run where its session's document says that a caller asked for it; a cancel counts first. */
function stopOnRequest(
  { cancel_requested_at, interrupt_requested_at }: StopTimes,
  stopSwitch: StopSwitch,
): void {
  if (cancel_requested_at) stopSwitch.stop({ kind: 'cancel' });
  else if (interrupt_requested_at) stopSwitch.stop({ kind: 'interrupt' });
}
