// One attempt of one session: prepare, spawn, record, conclude, save, clean.
import { join } from 'node:path';
import {
  type Attempt,
  addTotals,
  createOwnedSession,
  type FailureFacts,
  isAppError,
  isMongoAway,
  type Logger,
  type Mongo,
  mainTranscriptPath,
  type Outcome,
  type Session,
  type StoreClock,
  type TranscriptManifest,
} from '@baton/core';
import type { AbortReason } from './claude/abort-reason.ts';
import { concludeAttempt } from './claude/conclude.ts';
import { type CostState, NOTHING_SPENT } from './claude/cost-state.ts';
import type { ClaudeCli } from './claude/find.ts';
import { createMeter, type Meter } from './claude/meter.ts';
import { type DeadlinesMs, deadlinesOf } from './deadlines.ts';
import { type AttemptEnd, writeEnding } from './ending.ts';
import { type PrepareDeps, type Prepared, prepareAttempt } from './prepare.ts';
import { createRecorder } from './recorder.ts';
import { type RunFacts, runClaude } from './run.ts';
import { makeRunDirs, type RunDirs, removeRunDirs } from './run-dirs.ts';
import { lastCostState } from './transcript/last-cost-state.ts';
import { createTranscriptSaver } from './transcript/save.ts';
import { untilTaken } from './until-taken.ts';

/** What every attempt of a worker shares. */
export interface AttemptDeps extends PrepareDeps {
  db: Mongo['db'];
  clock: StoreClock;
  cli: ClaudeCli;
  launcher: readonly string[];
  leaseMs: number;
  deadlines: DeadlinesMs;
  log: Logger;
}

/** An attempt under way. */
export interface RunningAttempt {
  /** Ends the run for a reason; the first reason counts. */
  abort(reason: AbortReason): void;
  /** Asks the fence now: resolves to whether this attempt still holds the session. */
  confirm(): Promise<boolean>;
  /** What became of it; rejects only for what nobody foresaw, and leaves nothing behind then either. */
  readonly end: Promise<AttemptEnd>;
}

/** Starts the claimed attempt. */
export function startAttempt(
  deps: AttemptDeps,
  session: Session,
  attempt: Attempt,
): RunningAttempt {
  const abort = new AbortController();
  const { leaseMs } = deps;
  const log = deps.log.child({ session_id: session.id, attempt: attempt.attempt });
  const owned = createOwnedSession(deps.db, deps.clock, {
    id: session.id,
    attempt: attempt.attempt,
    fence: attempt.fence,
    leaseMs,
  });
  const onError = (error: unknown) => log.warn({ err: error }, 'the store did not take a write');
  const giveUp = new AbortController();
  let meter: Meter = createMeter({ costAtStart: 0, modelUsageAtStart: {} });

  const recorder = createRecorder({
    owned,
    events: deps.stores.events,
    sessionId: session.id,
    attempt: attempt.attempt,
    lastSeq: session.last_event_seq,
    leaseMs,
    progress: () => {
      const result = meter.result();
      return {
        totals: addTotals(session.totals, meter.totals()),
        ...(result ? { last_result: result } : {}),
      };
    },
    onHeld: ({ cancel_requested_at }) => {
      if (cancel_requested_at) stop({ kind: 'cancel' });
    },
    onLost: () => stop({ kind: 'lost' }),
    onError,
    giveUp: giveUp.signal,
  });

  function stop(reason: AbortReason): void {
    if (!abort.signal.aborted) abort.abort(reason);
  }

  async function prepareAndRun(
    dirs: RunDirs,
  ): Promise<{ outcome: Outcome; facts?: RunFacts; prepared?: Prepared }> {
    let prepared: Prepared;
    try {
      prepared = await prepareAttempt(deps, session, attempt.fence, dirs);
    } catch (error) {
      if (isStoreAway(error)) {
        log.warn({ err: error }, 'the store went away while the attempt was prepared');
        return { outcome: { kind: 'handed_back' } };
      }
      if (!isAppError(error)) log.error({ err: error }, 'the attempt could not be prepared');
      return { outcome: { kind: 'failed', failure: refusal(error) } };
    }
    meter = meterFrom(prepared.restored.costState ?? NOTHING_SPENT);
    if (abort.signal.aborted) return { outcome: neverRan(abort.signal.reason), prepared };
    const facts = await runClaude(
      {
        claudeFile: deps.cli.file,
        launcher: deps.launcher,
        deadlines: deadlinesOf(session.config, deps.deadlines),
        recorder,
        meter,
        claudeSessionId: session.root_session_id,
        abort,
      },
      prepared,
    );
    const outcome = concludeAttempt({
      ...facts,
      result: meter.result(),
      abort: abort.signal.aborted ? (abort.signal.reason as AbortReason) : null,
      workingDir: prepared.cwd,
    });
    return { outcome, facts, prepared };
  }

  async function saveTranscript(
    dirs: RunDirs,
    prepared: Prepared,
  ): Promise<TranscriptManifest | undefined> {
    const { files } = prepared.restored;
    const main = mainTranscriptPath(session.root_session_id);
    const from = files.find((file) => file.path === main)?.length ?? 0;
    const spent = await lastCostState(join(dirs.project, main), from);
    if (spent) meter.settle(spent);
    const saver = createTranscriptSaver(deps.stores.transcripts, {
      sessionId: session.id,
      fence: attempt.fence,
      projectDir: dirs.project,
      restored: files,
      onUnreadable: (path, error) =>
        log.error({ err: error, path }, 'a file of the transcript cannot be read; it is left out'),
    });
    const saved = await untilTaken(() => saver.save({ verify: true }), {
      giveUp: giveUp.signal,
      onError,
    });
    return saved ?? undefined;
  }

  async function run(dirs: RunDirs): Promise<AttemptEnd> {
    const { outcome, facts, prepared } = await prepareAndRun(dirs);
    // Whoever holds the session now restores what was committed; more would only be in the way.
    const isSavable = facts !== undefined && prepared !== undefined && !recorder.isLost;
    const transcript = isSavable ? await saveTranscript(dirs, prepared) : undefined;
    // Until here the recorder's heartbeats kept the lease; the write below is the last one.
    if (!(await recorder.finish())) return { kind: 'lost' };
    const end = await untilTaken(
      async () =>
        writeEnding(owned, outcome, {
          attempt,
          now: await deps.clock.now(),
          totals: addTotals(session.totals, meter.totals()),
          transcript,
          exitLateMs: facts?.exitLateMs,
        }),
      { giveUp: giveUp.signal, onError },
    );
    return end ?? { kind: 'lost' };
  }

  async function runAndClean(): Promise<AttemptEnd> {
    // The recorder renews the lease from the start: whatever ends the attempt must end it as well.
    try {
      const dirs = await makeRunDirs(deps.identity);
      return await run(dirs).finally(() => clean(dirs));
    } finally {
      giveUp.abort();
    }
  }

  // The session's end stands by then: what stays behind is the operator's to know, not the session's.
  async function clean(dirs: RunDirs): Promise<void> {
    await removeRunDirs(dirs).catch((error: unknown) =>
      log.error({ err: error, path: dirs.root }, 'the folders of the attempt could not be removed'),
    );
  }

  return { abort: stop, confirm: () => recorder.beat(), end: runAndClean() };
}

function meterFrom(start: CostState): Meter {
  return createMeter({
    costAtStart: start.totalCostUsd,
    modelUsageAtStart: start.modelUsage,
    apiDurationMsAtStart: start.apiDurationMs,
  });
}

function refusal(error: unknown): FailureFacts {
  if (!isAppError(error)) {
    return {
      code: 'INTERNAL',
      message: 'the worker could not prepare the run; its log says why',
      retryable: false,
    };
  }
  return {
    code: error.code,
    message: error.message,
    retryable: false,
    ...(error.details?.field === undefined ? {} : { field: error.details.field }),
  };
}

function isStoreAway(error: unknown): boolean {
  return isMongoAway(error) || (isAppError(error) && error.code === 'UNAVAILABLE');
}

/** The outcome of an attempt that was ended before its process began. */
function neverRan(reason: AbortReason): Outcome {
  return concludeAttempt({
    exit: { code: null, signal: null },
    result: null,
    sawInit: false,
    abort: reason,
    resultBeforeAbort: false,
    stderrTail: '',
  });
}
