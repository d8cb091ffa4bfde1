// One attempt of one session: prepare, spawn, record, conclude, save, clean.
import {
  type Attempt,
  addTotals,
  claudeIdOf,
  createOwnedSession,
  type LivePublisher,
  type Logger,
  type Mongo,
  type Outcome,
  type Prices,
  type Session,
  type StoreClock,
  type TranscriptManifest,
} from '@baton/core/internal';
import type { AbortReason } from '../claude/abort-reason.ts';
import { concludeAttempt } from '../claude/conclude.ts';
import { type Conversation, followConversation } from '../claude/conversation.ts';
import { NOTHING_SPENT } from '../claude/cost-state.ts';
import { bringsAccount } from '../claude/credentials.ts';
import type { ClaudeCli } from '../claude/find.ts';
import { createMeter, type Meter, meterFrom } from '../claude/meter.ts';
import { createPendingWork } from '../claude/pending-work.ts';
import { watchFile } from '../claude/watch-file.ts';
import type { HostHealth } from '../host/host-health.ts';
import { makeRunDirs, type RunDirs, removeRunDirs } from '../host/run-dirs.ts';
import { findAnswerProblem } from './answer-problem.ts';
import { retryTime } from './backoff.ts';
import { type DeadlinesMs, deadlinesOf } from './deadlines.ts';
import { type AttemptEnd, writeEnding } from './ending.ts';
import { warnOfForcedMode } from './forced-mode.ts';
import { countHostFailure } from './host-strikes.ts';
import { spentLimit } from './limits.ts';
import { outcomeOfNotEnded } from './not-ended.ts';
import { watchOwnership } from './ownership.ts';
import { createPartials } from './partials.ts';
import { type PrepareDeps, type Prepared, prepareAttempt } from './prepare.ts';
import { withPublishing } from './publish-writes.ts';
import { createRecorder } from './recorder.ts';
import { neverRan } from './refusal.ts';
import { refuseAttempt } from './refuse-attempt.ts';
import { type RunFacts, runClaude } from './run.ts';
import { createAttemptSaver } from './saver.ts';
import { settleCost } from './settle-cost.ts';
import { judgeStart } from './start-verdict.ts';
import { createStopSwitch } from './stop-switch.ts';
import { keepTranscript } from './transcript-keeper.ts';
import { writeUntilAcknowledged } from './write-until-acknowledged.ts';

/** What every attempt of a worker shares. */
export interface AttemptDeps extends PrepareDeps {
  db: Mongo['db'];
  clock: StoreClock;
  live: LivePublisher;
  cli: ClaudeCli;
  host: HostHealth;
  launcher: readonly string[];
  leaseMs: number;
  /** The pause before a session's first retry; see backoff.ts. */
  retryFirstMs: number;
  deadlines: DeadlinesMs;
  /** What is not told of an attempt's cost is estimated by these; default: the list prices. */
  prices?: Prices;
  log: Logger;
}

/** An attempt under way. */
export interface RunningAttempt {
  /** Ends the run for a reason; the first reason counts. */
  abort(reason: AbortReason): void;
  /** Asks the fence now: resolves to whether this attempt still holds the session. */
  confirm(): Promise<boolean>;
  /** The job's lock was renewed: Redis confirms that no other worker was given the job. */
  lockHeld(): void;
  /** What became of it; rejects only for what nobody foresaw, and leaves nothing behind then either. */
  readonly end: Promise<AttemptEnd>;
}

/** What a run left: its verdict, and, where a process ran, its facts and its transcript. */
interface RunEnd {
  outcome: Outcome;
  facts?: RunFacts;
  transcript?: TranscriptManifest | undefined;
}

/** Starts the claimed attempt. */
export function startAttempt(
  deps: AttemptDeps,
  session: Session,
  attempt: Attempt,
): RunningAttempt {
  const { leaseMs } = deps;
  const log = deps.log.child({ session_id: session.id, attempt: attempt.attempt });
  const fenced = { id: session.id, attempt: attempt.attempt, fence: attempt.fence, leaseMs };
  const owned = withPublishing(createOwnedSession(deps.db, deps.clock, fenced), session, deps.live);
  const onError = (error: unknown) => log.warn({ err: error }, 'the store did not take a write');
  const giveUp = new AbortController();
  const taken = { giveUp: giveUp.signal, onError };
  const stopSwitch = createStopSwitch();
  const work = createPendingWork();
  let conversation: Conversation = followConversation(claudeIdOf(session));
  let meter: Meter = createMeter({ costAtStart: 0, modelUsageAtStart: {} });

  const ownership = watchOwnership(leaseMs, () => {
    // The fence says what comes of it once MongoDB is back: a retry, or nothing where another has it by then.
    log.error('neither store has confirmed this attempt for a lease: it stops');
    stopSwitch.stop({ kind: 'store_unavailable' });
  });
  const recorder = createRecorder({
    owned,
    events: deps.stores.events,
    sessionId: session.id,
    attempt: attempt.attempt,
    lastSeq: session.last_event_seq,
    leaseMs,
    progress: () => {
      const result = meter.result();
      // An interim result would conclude the session should this worker die.
      return {
        totals: totals(),
        claude_session_id: conversation.id(),
        ...(result && { last_result: work.isInterim() ? null : result }),
      };
    },
    onHeld: ({ cancel_requested_at, interrupt_requested_at }) => {
      ownership.fenceHeld();
      if (cancel_requested_at) stopSwitch.stop({ kind: 'cancel' });
      else if (interrupt_requested_at) stopSwitch.stop({ kind: 'interrupt' });
    },
    onLost: () => stopSwitch.stop({ kind: 'lost' }),
    ...taken,
  });

  function totals() {
    return addTotals(session.totals, meter.totals());
  }

  async function prepareAndRun(dirs: RunDirs): Promise<RunEnd> {
    let prepared: Prepared;
    try {
      prepared = await prepareAttempt(deps, session, attempt.fence, dirs);
    } catch (error) {
      return { outcome: refuseAttempt(error, deps.host, log) };
    }
    warnOfForcedMode(session.config, deps.scrub, log);
    const settled = await settleHistory(prepared);
    return settled ? { outcome: settled } : runPrepared(dirs, prepared);
  }

  /** What is to be said of earlier attempts, and the outcome where no process needs to run. */
  async function settleHistory({ history, limits }: Prepared): Promise<Outcome | null> {
    const { amends, answer, unrecorded } = history;
    if (answer) {
      const exit = { code: null, signal: null };
      const facts = { sawInit: true, abort: null, resultBeforeAbort: true, stderrTail: '' };
      return concludeAttempt({
        exit,
        result: answer,
        ...facts,
        ...(await findAnswerProblem(answer, session.config, log)),
      });
    }
    const leaves = session.last_result !== undefined || Object.keys(amends).length > 0;
    const isWritten =
      !leaves || (await writeUntilAcknowledged(() => owned.setAside(amends), taken));
    if (!isWritten) return neverRan({ kind: 'lost' });
    for (const line of unrecorded) {
      await recorder.record({ ...line, raw: deps.masker.line(line.raw) });
    }
    if (session.interrupt_requested_at) return { kind: 'completed', stopped_by: 'interrupt' };
    const spent = spentLimit(limits);
    if (spent) return { kind: 'failed', failure: spent };
    return stopSwitch.reason ? neverRan(stopSwitch.reason) : null;
  }

  async function runPrepared(dirs: RunDirs, prepared: Prepared): Promise<RunEnd> {
    conversation = followConversation(prepared.claudeSessionId);
    meter = meterFrom(prepared.restored.costState ?? NOTHING_SPENT, deps.prices);
    const saver = createAttemptSaver({
      store: deps.stores.transcripts,
      sessionId: session.id,
      fence: attempt.fence,
      projectDir: dirs.project,
      restored: prepared.restored,
      masker: deps.masker,
      meter,
      log,
    });
    const keeper = keepTranscript(saver, recorder, taken);
    const wasReplaced = watchFile(deps.cli.file);
    const facts = await runClaude(
      {
        claudeFile: deps.cli.file,
        launcher: deps.launcher,
        deadlines: deadlinesOf(session.config, deps.deadlines),
        recorder,
        partials: createPartials(deps.live, session, attempt.attempt),
        meter,
        masker: deps.masker,
        onInit: deps.host.works,
        work,
        conversation,
        stopSwitch,
        onAbsurdLimit: (told) =>
          log.warn({ rate_limit: told }, 'ignored a rate limit reset time that cannot be true'),
        onAbsurdCost: (cost_usd) =>
          log.warn({ cost_usd }, 'ignored a total cost that cannot be true; it is estimated'),
      },
      prepared,
    );
    await settleCost(meter, {
      projectDir: dirs.project,
      claudeSessionId: conversation.id(),
      restored: prepared.restored,
    });
    const abort = stopSwitch.reason;
    const concluded = concludeAttempt({
      ...facts,
      ...(await findAnswerProblem(facts.result, session.config, log)),
      abort,
      workingDir: prepared.cwd,
    });
    const outcome = facts.notEnded
      ? outcomeOfNotEnded(concluded, facts.notEnded, { session, host: deps.host, log })
      : await judgeStart(
          concluded,
          {
            run: facts,
            abort,
            cwd: prepared.cwd,
            seenDir: prepared.seenDir,
            isDirGiven: session.config.working_dir !== undefined,
            runRoot: dirs.root,
            isResumed: prepared.restored.files.length > 0,
            claudeFile: deps.cli.file,
            wasReplaced,
          },
          deps.host,
        );
    // Another worker holds the session, and has restored what was committed: a further save is of no use.
    if (recorder.isLost) giveUp.abort();
    return { outcome, facts, transcript: await keeper.finish() };
  }

  async function conclude({ outcome: found, facts, transcript }: RunEnd): Promise<AttemptEnd> {
    // Until here the recorder's heartbeats kept the lease; the write below is the last one.
    if (!(await recorder.finish())) return { kind: 'lost' };
    const now = await deps.clock.now();
    const { outcome, hostFailures } = countHostFailure(session, found, {
      workerId: attempt.worker_id,
      now,
    });
    const timing = { now, random: Math.random(), firstMs: deps.retryFirstMs };
    const retry = retryTime(outcome, session, timing);
    const end = await writeUntilAcknowledged(
      () =>
        writeEnding(owned, outcome, {
          attempt,
          now,
          totals: totals(),
          transcript,
          exitLateMs: facts?.exitLateMs,
          retryAt: retry,
          hostFailures,
          counts: session.counts,
        }),
      taken,
    );
    if (end?.kind === 'retry' && bringsAccount(session.config)) return { ...end, ownAccount: true };
    return end ?? { kind: 'lost' };
  }

  async function runAndClean(): Promise<AttemptEnd> {
    // The recorder renews the lease from the start: whatever ends the attempt must end it as well.
    try {
      const dirs = await makeRunDirs(deps.identity).catch((error: unknown) =>
        refuseAttempt(error, deps.host, log),
      );
      if ('kind' in dirs) return await conclude({ outcome: dirs });
      return await prepareAndRun(dirs)
        .then(conclude)
        .finally(() => clean(dirs));
    } finally {
      giveUp.abort();
      ownership.stop();
    }
  }

  // The session's end stands by then: what stays behind is the operator's to know, not the session's.
  async function clean(dirs: RunDirs): Promise<void> {
    await removeRunDirs(dirs).catch((error: unknown) =>
      log.error({ err: error, path: dirs.root }, 'the folders of the attempt could not be removed'),
    );
  }

  return {
    abort: stopSwitch.stop,
    confirm: () => recorder.heartbeat(),
    lockHeld: () => ownership.lockHeld(),
    end: runAndClean(),
  };
}
