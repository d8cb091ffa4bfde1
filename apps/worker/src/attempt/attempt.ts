// One attempt of one session: prepare, spawn, record, conclude, save, clean.
import { join } from 'node:path';
import {
  type Attempt,
  addTotals,
  claudeIdOf,
  createOwnedSession,
  type LivePublisher,
  type Logger,
  type Mongo,
  mainTranscriptPath,
  type Outcome,
  type Prices,
  type Result,
  type Session,
  type StoreClock,
  type TranscriptManifest,
} from '@baton/core';
import type { AbortReason } from '../claude/abort-reason.ts';
import { checkAnswer } from '../claude/check-answer.ts';
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
import { keepTranscript } from '../transcript/keeper.ts';
import { lastCostState } from '../transcript/last-cost-state.ts';
import { createTranscriptSaver } from '../transcript/save.ts';
import { spendingIn } from '../transcript/spending.ts';
import { announced } from './announced.ts';
import { retryTime } from './backoff.ts';
import { type DeadlinesMs, deadlinesOf } from './deadlines.ts';
import { type AttemptEnd, writeEnding } from './ending.ts';
import { countHostFailure } from './host-strikes.ts';
import { spentLimit } from './limits.ts';
import { watchOwnership } from './ownership.ts';
import { createPartials } from './partials.ts';
import { type PrepareDeps, type Prepared, prepareAttempt } from './prepare.ts';
import { createRecorder } from './recorder.ts';
import { neverRan, preparationProblem, refusalOutcome } from './refusal.ts';
import { type NotEnded, type RunFacts, runClaude } from './run.ts';
import { hostFailure, judgeStart, type StartFacts } from './start-verdict.ts';
import { createStopSwitch } from './stop-switch.ts';
import { untilTaken } from './until-taken.ts';

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

const MODE_IS_FORCED =
  'the session asked for a permission mode, but the claude CLI forces the default one where it keeps its credentials from tools (SUBPROCESS_ENV_SCRUB)';

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
  const owned = announced(createOwnedSession(deps.db, deps.clock, fenced), session, deps.live);
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

  /** What is wrong with the structured answer that the session asked for. */
  async function checked(result: Result | null): Promise<{ answerProblem?: string }> {
    const { problem, unchecked } = await checkAnswer(result, session.config.json_schema);
    if (unchecked !== undefined) {
      log.warn({ reason: unchecked }, 'the answer is kept without a check against json_schema');
    }
    return problem === undefined ? {} : { answerProblem: problem };
  }

  async function prepareAndRun(dirs: RunDirs): Promise<RunEnd> {
    let prepared: Prepared;
    try {
      prepared = await prepareAttempt(deps, session, attempt.fence, dirs);
    } catch (error) {
      return { outcome: refused(error) };
    }
    const { permission_mode: mode = 'default' } = session.config;
    if (deps.scrub.isOn() && mode !== 'default')
      log.warn({ permission_mode: mode }, MODE_IS_FORCED);
    const settled = await settleHistory(prepared);
    return settled ? { outcome: settled } : runPrepared(dirs, prepared);
  }

  /** The outcome where nothing could be prepared: an error of the host is not the session's. */
  function refused(error: unknown): Outcome {
    const problem = preparationProblem(error);
    if (!problem) {
      log.warn({ err: error }, 'the attempt could not be prepared');
      return refusalOutcome(error);
    }
    log.debug({ err: error }, 'the host kept the attempt from starting');
    deps.host.report(problem);
    return hostFailure(problem, 0);
  }

  /** What is to be said of earlier attempts, and the outcome where no process needs to run. */
  async function settleHistory({ history, limits }: Prepared): Promise<Outcome | null> {
    const { amends, answer, unrecorded } = history;
    if (answer) {
      const exit = { code: null, signal: null };
      const facts = { sawInit: true, abort: null, resultBeforeAbort: true, stderrTail: '' };
      return concludeAttempt({ exit, result: answer, ...facts, ...(await checked(answer)) });
    }
    const leaves = session.last_result !== undefined || Object.keys(amends).length > 0;
    const isWritten = !leaves || (await untilTaken(() => owned.setAside(amends), taken));
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
    const saver = createTranscriptSaver(deps.stores.transcripts, {
      sessionId: session.id,
      fence: attempt.fence,
      projectDir: dirs.project,
      restored: prepared.restored.files,
      masker: deps.masker,
      onUnreadable: (path, error) =>
        log.error({ err: error, path }, 'a file of the transcript cannot be read; it is left out'),
      onAppended: (path, data) => {
        if (!path.endsWith('.jsonl')) return;
        // What the CLI appends again after a compaction was counted when it was new.
        const isNew = (id: string) => !prepared.restored.messageIds.has(id);
        for (const spent of spendingIn(data)) if (isNew(spent.messageId)) meter.refine(spent);
      },
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
          log.warn(
            { rate_limit: told },
            'the CLI told a reset of a limit that cannot be; it is ignored',
          ),
      },
      prepared,
    );
    await settleCost(dirs, prepared);
    const abort = stopSwitch.reason;
    const concluded = concludeAttempt({
      ...facts,
      ...(await checked(facts.result)),
      abort,
      workingDir: prepared.cwd,
    });
    const outcome = facts.notEnded
      ? notEnded(concluded, facts.notEnded)
      : await judgeStart(concluded, startFacts(facts, dirs, prepared, wasReplaced), deps.host);
    // Whoever holds the session now restores what was committed; more would only be in the way.
    if (recorder.isLost) giveUp.abort();
    return { outcome, facts, transcript: await keeper.finish() };
  }

  function startFacts(
    run: RunFacts,
    { root: runRoot }: RunDirs,
    { cwd, seenDir }: Prepared,
    wasReplaced: () => boolean,
  ): StartFacts {
    const isDirGiven = session.config.working_dir !== undefined;
    const claudeFile = deps.cli.file;
    const abort = stopSwitch.reason;
    return { run, abort, cwd, seenDir, isDirGiven, runRoot, claudeFile, wasReplaced };
  }

  /** The outcome where the process may still work on the session: nobody may begin it again. */
  function notEnded(outcome: Outcome, { members, why }: NotEnded): Outcome {
    deps.host.notEnded(session.id, members);
    const pids = members.map(({ pid }) => Math.abs(pid)).join(', ');
    const message = `the claude CLI (pid ${pids}) could not be ended: ${why}; it may still work on the session`;
    log.error(`${message}; the host is not ready until it is gone`);
    if (outcome.kind === 'completed') return outcome;
    return { kind: 'failed', failure: { code: 'PROCESS_NOT_ENDED', message, retryable: false } };
  }

  // A process that was stopped prints no total, but may have left one in its transcript.
  async function settleCost(dirs: RunDirs, { restored }: Prepared): Promise<void> {
    const main = mainTranscriptPath(conversation.id());
    const from = restored.files.find((file) => file.path === main)?.length ?? 0;
    const spent = await lastCostState(join(dirs.project, main), from);
    if (spent) meter.settle(spent);
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
    const end = await untilTaken(
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
      const dirs = await makeRunDirs(deps.identity).catch((error: unknown) => refused(error));
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
    confirm: () => recorder.beat(),
    lockHeld: () => ownership.lockHeld(),
    end: runAndClean(),
  };
}
