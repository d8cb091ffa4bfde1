// One attempt of one session, from its folders to its last write. `runAttempt` reads as its life.
import { dirname } from 'node:path';
import type { Attempt, Outcome, Session, TranscriptManifest } from '@baton/core/internal';
import type { AbortReason } from '../claude/abort-reason.ts';
import { trackClaudeSessionId } from '../claude/claude-session-id.ts';
import { concludeAttempt } from '../claude/conclude.ts';
import { NOTHING_SPENT } from '../claude/cost-state.ts';
import { bringsAccount } from '../claude/credentials.ts';
import { meterFrom } from '../claude/meter.ts';
import { createPendingWork } from '../claude/pending-work.ts';
import { watchFile } from '../claude/watch-file.ts';
import { makeRunDirs, type RunDirs, removeRunDirs } from '../host/run-dirs.ts';
import { findAnswerProblem } from './answer-problem.ts';
import { type AttemptContext, type AttemptDeps, createAttemptContext } from './attempt-context.ts';
import { createAttemptCopier } from './attempt-copier.ts';
import { attributeFailure } from './attribute-failure.ts';
import { deadlinesOf } from './deadlines.ts';
import { type DecidedEnding, decideEnding } from './decide-ending.ts';
import { warnOfForcedMode } from './forced-mode.ts';
import { outcomeOfNotEnded } from './not-ended.ts';
import { createPartials } from './partials.ts';
import { type Prepared, prepareAttempt } from './prepare.ts';
import type { RunTrackers } from './progress.ts';
import { reconcileHistory } from './reconcile-history.ts';
import { refuseAttempt } from './refuse-attempt.ts';
import { removeDeadAttempts } from './remove-dead-attempts.ts';
import { type RunFacts, runClaude } from './run.ts';
import { settleCost } from './settle-cost.ts';
import { startCopyLoop, type TranscriptCopy } from './transcript-copy.ts';
import { type AttemptResult, writeEnding } from './write-ending.ts';
import { writeUntilAcknowledged } from './write-until-acknowledged.ts';

/** An attempt under way. */
export interface RunningAttempt {
  /** Ends the run for a reason; the first reason counts. */
  abort(reason: AbortReason): void;
  /** Asks MongoDB now: resolves to whether it confirms that this attempt holds the session. */
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
    // Whatever ended the attempt, `giveUp` ends the recorder, which renews the lease from the start, the copy of
    // the transcript, and every write that is still being repeated.
    end: runAttempt(context).finally(() => {
      context.giveUp();
      context.ownership.stop();
    }),
  };
}

/** What was done for a session until its attempt can end. */
interface FinishedRun {
  outcome: Outcome;
  /** There if a process ran. */
  facts?: RunFacts;
  /** There if the transcript was copied whole. */
  transcript?: TranscriptManifest | undefined;
}

/** The life of an attempt. */
async function runAttempt(context: AttemptContext): Promise<AttemptResult> {
  const dirs = await makeDirs(context);
  try {
    const run: FinishedRun = 'kind' in dirs ? { outcome: dirs } : await runInDirs(context, dirs);
    // The recorder's heartbeats keep the lease until here; its last commit precedes the ending.
    if (!(await context.recorder.finish())) return { kind: 'lost' };
    const ending = await decideEnding(context, run.outcome);
    return await writeDecided(context, run, ending);
  } finally {
    if (!('kind' in dirs)) await clean(context, dirs);
  }
}

/** From the folders of an attempt to its outcome. A step that ends the attempt early returns the outcome. */
async function runInDirs(context: AttemptContext, dirs: RunDirs): Promise<FinishedRun> {
  const refused = await removeDeadAttempts(context);
  if (refused) return { outcome: refused };
  const prepared = await prepare(context, dirs);
  if ('kind' in prepared) return { outcome: prepared };
  const settled = await reconcileHistory(context, prepared);
  if (settled) return { outcome: settled };
  const trackers = createTrackers(context, prepared);
  context.progress.follow(trackers);
  const copy = startTranscriptCopy(context, dirs, prepared, trackers);
  const wasReplaced = watchFile(context.deps.cli.file);
  const facts = await runProcess(context, prepared, trackers);
  await settleCost(trackers.meter, {
    projectDir: dirs.project,
    claudeSessionId: trackers.claudeSession.id(),
    restored: prepared.restored,
  });
  const outcome = await concludeRun(context, dirs, prepared, { facts, wasReplaced });
  const transcript = await finishTranscriptCopy(context, copy);
  return { outcome, facts, transcript };
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

/** Creates what follows the lines of the process that is about to start. */
function createTrackers(
  { deps }: AttemptContext,
  { claudeSessionId, restored }: Prepared,
): RunTrackers {
  return {
    claudeSession: trackClaudeSessionId(claudeSessionId),
    meter: meterFrom(restored.costState ?? NOTHING_SPENT, deps.prices),
    work: createPendingWork(),
  };
}

/** Starts the loop that copies the transcript to the store while the process writes it. */
function startTranscriptCopy(
  context: AttemptContext,
  dirs: RunDirs,
  prepared: Prepared,
  trackers: RunTrackers,
): TranscriptCopy {
  const copier = createAttemptCopier(context, dirs.project, prepared, trackers);
  const hostFolder = dirname(dirs.root);
  return startCopyLoop(copier, context.recorder, {
    ...context.writeOptions,
    hostFolder,
    onFolderLost: () =>
      context.log.error(
        { path: hostFolder },
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
      onInit: deps.host.reportStarted,
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
  { cwd, dirBeforeStart, restored }: Prepared,
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
  const context = {
    run: facts,
    abort,
    cwd,
    dirBeforeStart,
    isDirGiven: session.config.working_dir !== undefined,
    runRoot: dirs.root,
    isResumed: restored.files.length > 0,
    claudeFile: deps.cli.file,
    wasReplaced,
  };
  return attributeFailure(concluded, context, deps.host);
}

/** Copies the whole transcript, every file checked; undefined where that could not be done. */
function finishTranscriptCopy(
  { recorder, giveUp }: AttemptContext,
  copy: TranscriptCopy,
): Promise<TranscriptManifest | undefined> {
  // No manifest can be committed any more, so a further copy is of no use.
  if (recorder.mustStopWriting) giveUp();
  return copy.finish();
}

/** Writes the ending: the last write of the attempt. */
async function writeDecided(
  { session, attempt, owned, progress, writeOptions }: AttemptContext,
  run: FinishedRun,
  { outcome, ...decided }: DecidedEnding,
): Promise<AttemptResult> {
  const result = await writeUntilAcknowledged(
    () =>
      writeEnding(owned, outcome, {
        ...decided,
        attempt,
        totals: progress.totals(),
        transcript: run.transcript,
        exitLateMs: run.facts?.exitLateMs,
        counts: session.counts,
      }),
    writeOptions,
  );
  if (result?.kind === 'retry' && bringsAccount(session.config)) {
    return { ...result, ownAccount: true };
  }
  return result ?? { kind: 'lost' };
}

/** Removes the attempt's folders. The session has ended by then: what stays behind concerns the operator only. */
async function clean({ log }: AttemptContext, dirs: RunDirs): Promise<void> {
  await removeRunDirs(dirs).catch((error: unknown) =>
    log.error({ err: error, path: dirs.root }, 'the folders of the attempt could not be removed'),
  );
}
