// One attempt of one session, from its folders to its last write. `runAttempt` reads as its life.
import { dirname } from 'node:path';
import type { Attempt, Outcome, Session, TranscriptManifest } from '@baton/core/internal';
import type { AbortReason } from '../claude/abort-reason.ts';
import { concludeAttempt } from '../claude/conclude.ts';
import { trackClaudeSessionId } from '../claude/claude-session-id.ts';
import { NOTHING_SPENT } from '../claude/cost-state.ts';
import { bringsAccount } from '../claude/credentials.ts';
import { type Meter, meterFrom } from '../claude/meter.ts';
import { createPendingWork } from '../claude/pending-work.ts';
import { watchFile } from '../claude/watch-file.ts';
import { makeRunDirs, type RunDirs, removeRunDirs } from '../host/run-dirs.ts';
import { findAnswerProblem } from './answer-problem.ts';
import { retryTime } from './backoff.ts';
import { type AttemptContext, type AttemptDeps, createAttemptContext } from './attempt-context.ts';
import { deadlinesOf } from './deadlines.ts';
import { type AttemptResult, writeEnding } from './write-ending.ts';
import { warnOfForcedMode } from './forced-mode.ts';
import { attributeFailure } from './attribute-failure.ts';
import { countHostFailure } from './host-strikes.ts';
import { outcomeOfNotEnded } from './not-ended.ts';
import { createPartials } from './partials.ts';
import { type Prepared, prepareAttempt } from './prepare.ts';
import type { RunTrackers } from './progress.ts';
import { reconcileHistory } from './reconcile-history.ts';
import { refuseAttempt } from './refuse-attempt.ts';
import { type RunFacts, runClaude } from './run.ts';
import { createAttemptSaver } from './saver.ts';
import { settleCost } from './settle-cost.ts';
import { startCopyLoop, type TranscriptCopy } from './transcript-copy.ts';
import { writeUntilAcknowledged } from './write-until-acknowledged.ts';

/** An attempt under way. */
export interface RunningAttempt {
  /** Ends the run for a reason; the first reason counts. */
  abort(reason: AbortReason): void;
  /** Asks the fence now: resolves to whether this attempt still holds the session. */
  confirm(): Promise<boolean>;
  /** The job's lock was renewed: Redis confirms that no other worker was given the job. */
  lockHeld(): void;
  /** What became of the attempt. Rejects only for an unforeseen error, and leaves nothing behind then either. */
  readonly end: Promise<AttemptResult>;
}

/** Starts the claimed attempt. */
export function startAttempt(
  deps: AttemptDeps,
  session: Session,
  attempt: Attempt,
): RunningAttempt {
  const context = createAttemptContext(deps, session, attempt);
  return {
    abort: context.stopSwitch.stop,
    confirm: () => context.recorder.heartbeat(),
    lockHeld: () => context.ownership.lockHeld(),
    // The recorder renews the lease from the start: whatever ends the attempt must end the recorder too.
    end: runAttempt(context).finally(() => {
      context.giveUp();
      context.ownership.stop();
    }),
  };
}

/** The life of an attempt. A step that ends it early returns the outcome. */
async function runAttempt(context: AttemptContext): Promise<AttemptResult> {
  const dirs = await makeDirs(context);
  if ('kind' in dirs) return writeEnd(context, { outcome: dirs });
  try {
    const prepared = await prepare(context, dirs);
    if ('kind' in prepared) return await writeEnd(context, { outcome: prepared });
    const settled = await reconcileHistory(context, prepared);
    if (settled) return await writeEnd(context, { outcome: settled });
    const trackers = createTrackers(context, prepared);
    const transcript = startTranscriptCopy(context, dirs, prepared, trackers.meter);
    const wasReplaced = watchFile(context.deps.cli.file);
    const facts = await runProcess(context, prepared, trackers);
    await settleCost(trackers.meter, {
      projectDir: dirs.project,
      claudeSessionId: trackers.claudeSession.id(),
      restored: prepared.restored,
    });
    const outcome = await concludeRun(context, dirs, prepared, { facts, wasReplaced });
    const manifest = await finishTranscriptCopy(context, transcript);
    return await writeEnd(context, { outcome, facts, transcript: manifest });
  } finally {
    await clean(context, dirs);
  }
}

/** Makes the folders of the attempt. Where the host cannot, the session goes back to the queue. */
function makeDirs({ deps, log }: AttemptContext): Promise<RunDirs | Outcome> {
  return makeRunDirs(deps.identity).catch((error: unknown) => refuseAttempt(error, deps.host, log));
}

/** Makes everything that the process needs. Where that cannot be, returns the outcome. */
async function prepare(
  { deps, session, attempt, log }: AttemptContext,
  dirs: RunDirs,
): Promise<Prepared | Outcome> {
  let prepared: Prepared;
  try {
    prepared = await prepareAttempt(deps, session, attempt.fence, dirs);
  } catch (error) {
    return refuseAttempt(error, deps.host, log);
  }
  warnOfForcedMode(session.config, deps.scrub, log);
  return prepared;
}

/** Has the session's progress follow the process that is about to start. */
function createTrackers(
  { deps, progress }: AttemptContext,
  { claudeSessionId, restored }: Prepared,
): RunTrackers {
  const trackers = {
    claudeSession: trackClaudeSessionId(claudeSessionId),
    meter: meterFrom(restored.costState ?? NOTHING_SPENT, deps.prices),
    work: createPendingWork(),
  };
  progress.follow(trackers);
  return trackers;
}

/** Copies the transcript to the store from now on, while the process writes it. */
function startTranscriptCopy(
  { deps, session, attempt, log, recorder, writeOptions }: AttemptContext,
  dirs: RunDirs,
  { restored }: Prepared,
  meter: Meter,
): TranscriptCopy {
  const saver = createAttemptSaver({
    store: deps.stores.transcripts,
    sessionId: session.id,
    fence: attempt.fence,
    projectDir: dirs.project,
    restored,
    masker: deps.masker,
    meter,
    log,
  });
  return startCopyLoop(saver, recorder, {
    ...writeOptions,
    hostFolder: dirname(dirs.root),
    onFolderLost: () =>
      log.error(
        { path: dirname(dirs.root) },
        'the folder for temporary files did not come back: what the transcript says since the last save is lost',
      ),
  });
}

/** Runs the CLI to its end, whatever end that is. */
function runProcess(
  { deps, session, attempt, log, recorder, stopSwitch }: AttemptContext,
  prepared: Prepared,
  trackers: RunTrackers,
): Promise<RunFacts> {
  return runClaude(
    {
      ...trackers,
      claudeFile: deps.cli.file,
      launcher: deps.launcher,
      deadlines: deadlinesOf(session.config, deps.deadlines),
      recorder,
      partials: createPartials(deps.live, session, attempt.attempt),
      masker: deps.masker,
      onInit: deps.host.works,
      stopSwitch,
      onAbsurdLimit: (limit) =>
        log.warn({ rate_limit: limit }, 'ignored a rate limit reset time that cannot be true'),
      onAbsurdCost: (cost_usd) =>
        log.warn({ cost_usd }, 'ignored a total cost that cannot be true; it is estimated'),
    },
    prepared,
  );
}

/** The outcome of a run that is over: the verdict on the session, unless its host failed it. */
async function concludeRun(
  { deps, session, log, stopSwitch }: AttemptContext,
  dirs: RunDirs,
  { cwd, seenDir, restored }: Prepared,
  { facts, wasReplaced }: { facts: RunFacts; wasReplaced: () => boolean },
): Promise<Outcome> {
  const abort = stopSwitch.reason;
  const concluded = concludeAttempt({
    ...facts,
    ...(await findAnswerProblem(facts.result, session.config, log)),
    abort,
    workingDir: cwd,
  });
  if (facts.notEnded) {
    return outcomeOfNotEnded(concluded, facts.notEnded, { session, host: deps.host, log });
  }
  const start = {
    run: facts,
    abort,
    cwd,
    seenDir,
    isDirGiven: session.config.working_dir !== undefined,
    runRoot: dirs.root,
    isResumed: restored.files.length > 0,
    claudeFile: deps.cli.file,
    wasReplaced,
  };
  return attributeFailure(concluded, start, deps.host);
}

/** Saves the whole transcript, every file checked; undefined where that could not be done. */
function finishTranscriptCopy(
  { recorder, giveUp }: AttemptContext,
  transcript: TranscriptCopy,
): Promise<TranscriptManifest | undefined> {
  // Another worker holds the session, and has restored what was committed: a further save is of no use.
  if (recorder.mustStopWriting) giveUp();
  return transcript.finish();
}

/** What a run left: its outcome, and, where a process ran, its facts and its transcript. */
interface RunEnd {
  outcome: Outcome;
  facts?: RunFacts;
  transcript?: TranscriptManifest | undefined;
}

/** Commits the last events, then writes the outcome: the last write of the attempt. */
async function writeEnd(
  { deps, session, attempt, owned, recorder, progress, writeOptions }: AttemptContext,
  run: RunEnd,
): Promise<AttemptResult> {
  // Until here the recorder's heartbeats kept the lease.
  if (!(await recorder.finish())) return { kind: 'lost' };
  const now = await deps.clock.now();
  const strike = { workerId: attempt.worker_id, now };
  const { outcome, hostFailures } = countHostFailure(session, run.outcome, strike);
  const timing = { now, random: Math.random(), firstMs: deps.retryFirstMs };
  const retryAt = retryTime(outcome, session, timing);
  const end = await writeUntilAcknowledged(
    () =>
      writeEnding(owned, outcome, {
        attempt,
        now,
        totals: progress.totals(),
        transcript: run.transcript,
        exitLateMs: run.facts?.exitLateMs,
        retryAt,
        hostFailures,
        counts: session.counts,
      }),
    writeOptions,
  );
  if (end?.kind === 'retry' && bringsAccount(session.config)) return { ...end, ownAccount: true };
  return end ?? { kind: 'lost' };
}

/** Removes the attempt's folders. The session has ended by then: what stays behind concerns the operator only. */
async function clean({ log }: AttemptContext, dirs: RunDirs): Promise<void> {
  await removeRunDirs(dirs).catch((error: unknown) =>
    log.error({ err: error, path: dirs.root }, 'the folders of the attempt could not be removed'),
  );
}
