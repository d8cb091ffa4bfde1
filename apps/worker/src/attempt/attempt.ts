// Runs one attempt of a session, from its folders to its last write. Start reading at `runAttempt`.
import { dirname } from 'node:path';
import {
  type Attempt,
  defined,
  type Outcome,
  type Session,
  type TranscriptManifest,
} from '@baton/core/internal';
import type { AbortReason } from '../claude/abort-reason.ts';
import { trackClaudeSessionId } from '../claude/claude-session-id.ts';
import { NOTHING_SPENT } from '../claude/cost-state.ts';
import { bringsAccount } from '../claude/credentials.ts';
import { meterFrom } from '../claude/meter.ts';
import { createPendingWork } from '../claude/pending-work.ts';
import { watchFile } from '../claude/watch-file.ts';
import { makeRunDirs, type RunDirs, removeRunDirs } from '../host/run-dirs.ts';
import type { AttemptCaptures } from './attempt-captures.ts';
import { type AttemptContext, type AttemptDeps, createAttemptContext } from './attempt-context.ts';
import { createAttemptCopier } from './attempt-copier.ts';
import { concludeRun } from './conclude-run.ts';
import { deadlinesOf } from './deadlines.ts';
import { type DecidedEnding, decideEnding } from './decide-ending.ts';
import { endSettled, type SettledEnd } from './end-settled.ts';
import { enterWorkspace } from './enter-workspace.ts';
import { warnOfForcedMode } from './forced-mode.ts';
import { mayLeaveMessages } from './may-leave-messages.ts';
import { createPartials } from './partials.ts';
import { type Prepared, prepareAttempt } from './prepare.ts';
import type { RunTrackers } from './progress.ts';
import { pushSession } from './push-session.ts';
import { concludeUnstarted, reconcileHistory } from './reconcile-history.ts';
import { refuseAttempt } from './refuse-attempt.ts';
import { removeDeadAttempts } from './remove-dead-attempts.ts';
import { type RunFacts, runClaude } from './run.ts';
import { setUpWorkspace } from './set-up-workspace.ts';
import { settleCost } from './settle-cost.ts';
import { startCopyLoop, type TranscriptCopy } from './transcript-copy.ts';
import { countTurns } from './turn-count.ts';
import { type AttemptResult, writeEnding } from './write-ending.ts';
import { writeUntilAcknowledged } from './write-until-acknowledged.ts';

/** The handle of an attempt that has started. */
export interface RunningAttempt {
  /** Stops the run. The first reason counts; see `StopSwitch`. */
  abort(reason: AbortReason): void;
  /**
   * Renews the lease now. Resolves to whether MongoDB confirms that this attempt holds the session.
   */
  confirm(): Promise<boolean>;
  /** Sends the session's pending messages. Called when the control channel announces a message. */
  sendMessages(): void;
  /** Records that the job's lock was renewed: Redis confirms that no other worker got the job. */
  lockHeld(): void;
  /**
   * Resolves to the result of the attempt. Rejects only on an unforeseen error; the attempt cleans
   * up in that case too.
   */
  readonly end: Promise<AttemptResult>;
}

/** Starts the attempt of a session that this worker has claimed. */
export function startAttempt(
  deps: AttemptDeps,
  session: Session,
  attempt: Attempt,
): RunningAttempt {
  const context = createAttemptContext(deps, session, attempt);
  return {
    abort: context.stopSwitch.stop,
    confirm: () => context.recorder.heartbeat(),
    sendMessages: context.relay.wake,
    lockHeld: () => context.ownership.lockHeld(),
    // `giveUp` stops the recorder even if the attempt ends with an error. Otherwise the recorder
    // would keep renewing the lease. `giveUp` also stops the copy of the transcript and every write
    // that is still being repeated.
    end: runAttempt(context).finally(() => {
      context.giveUp();
      context.ownership.stop();
    }),
  };
}

/** What an attempt has gathered by the time its ending is decided. */
interface FinishedRun extends SettledEnd {
  /** Absent if no process ran. */
  facts?: RunFacts;
  /** Absent if the transcript could not be copied completely. */
  transcript?: TranscriptManifest | undefined;
}

/**
 * Runs the whole attempt: makes its folders, runs the CLI, writes the ending, removes the folders.
 */
async function runAttempt(context: AttemptContext): Promise<AttemptResult> {
  const dirs = await makeDirs(context);
  try {
    const run: FinishedRun = 'kind' in dirs ? { outcome: dirs } : await runInDirs(context, dirs);
    // The recorder has renewed the lease up to this point. It commits all events before the ending
    // is written.
    if (!(await context.recorder.finish())) return { kind: 'lost' };
    const ending = await decideEnding(context, run.outcome);
    const result = await writeDecided(context, run, ending);
    if (result.kind !== 'lost') await run.captures?.dropUnneededPacks();
    return result;
  } finally {
    if (!('kind' in dirs)) await clean(context, dirs);
  }
}

/**
 * Runs the steps between making the folders and deciding the ending. If a step returns an outcome,
 * the attempt ends with it and the later steps are skipped.
 */
async function runInDirs(context: AttemptContext, dirs: RunDirs): Promise<FinishedRun> {
  const refused = await removeDeadAttempts(context);
  if (refused) return { outcome: refused };
  const prepared = await prepare(context, dirs);
  if ('kind' in prepared) return { outcome: prepared };
  const settled = await reconcileHistory(context, prepared);
  if (settled) return endSettled(context, { prepared, dirs }, settled);
  const captures = await enterWorkspace(context, prepared);
  if ('kind' in captures) return { outcome: captures };
  const stopped = await setUpWorkspace(context, prepared, captures);
  if (stopped) {
    const workspace = await captures.finish(undefined, { hasAnswered: false });
    return { outcome: stopped, captures, workspace };
  }
  const trackers = createTrackers(context, prepared);
  context.progress.follow(trackers);
  const copy = startTranscriptCopy(context, dirs, prepared, trackers);
  captures.follow(copy);
  const wasReplaced = watchFile(context.deps.cli.file);
  const facts = await runProcess(context, prepared, trackers, captures);
  await settleCost(trackers.meter, {
    projectDir: dirs.project,
    claudeSessionId: trackers.claudeSession.id(),
    restored: prepared.restored,
  });
  const outcome = await concludeRun(context, dirs, prepared, { facts, wasReplaced });
  const transcript = await finishTranscriptCopy(context, copy);
  const hasAnswered = facts.result?.is_error === false;
  const workspace = await captures.finish(transcript, { hasAnswered });
  const end = await pushSession(context, { prepared, dirs }, { outcome, workspace, transcript });
  return { facts, transcript, captures, ...end };
}

/**
 * Makes the attempt's folders. If the host cannot make them, returns the outcome: a host failure.
 */
function makeDirs({ deps, log }: AttemptContext): Promise<RunDirs | Outcome> {
  return makeRunDirs(deps.identity).catch((error: unknown) => refuseAttempt(error, deps.host, log));
}

/** Prepares everything that the process needs. If the preparation fails, returns the outcome. */
async function prepare(
  { deps, session, attempt, log, stopSwitch }: AttemptContext,
  dirs: RunDirs,
): Promise<Prepared | Outcome> {
  let prepared: Prepared;
  try {
    const { signal } = stopSwitch.controller;
    prepared = await prepareAttempt(deps, session, attempt.fence, dirs, signal);
  } catch (error) {
    // A clone that was ended fails with any error.
    if (stopSwitch.reason) return concludeUnstarted(stopSwitch.reason);
    return refuseAttempt(error, deps.host, log);
  }
  warnOfForcedMode(session.config, deps.scrub, log);
  return prepared;
}

/** Creates the trackers, which follow the output lines of the process that is about to start. */
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

/** Starts the loop that copies the transcript to MongoDB while the process writes it. */
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
    settleMessages: context.relay.settle,
    hostFolder,
    onFolderLost: () =>
      context.log.error(
        { path: hostFolder },
        'the folder for temporary files is still missing: transcript lines since the last copy are lost; the attempt ends with that copy',
      ),
  });
}

/** Runs the CLI until its process has ended or cannot be ended. */
function runProcess(
  context: AttemptContext,
  prepared: Prepared,
  trackers: RunTrackers,
  captures: AttemptCaptures,
): Promise<RunFacts> {
  const { deps, session, attempt, log, recorder, relay, stopSwitch, progress, readFile } = context;
  return runClaude(
    {
      ...trackers,
      claudeFile: deps.cli.file,
      launcher: deps.launcher,
      deadlines: deadlinesOf(session.config, deps.deadlines),
      recorder,
      relay,
      turns: countTurns(session, progress),
      readFile,
      partials: createPartials(deps.live, session, attempt.attempt),
      masker: deps.masker,
      onFilesChanged: captures.filesChanged,
      ...defined({ mayBegin: captures.startStored }),
      onInit: deps.host.reportStarted,
      stopSwitch,
      onAbsurdLimit: (limit) =>
        log.warn(
          { rate_limit: limit },
          'ignored a rate limit reset time that cannot be true; a retry waits as if none was reported',
        ),
      onAbsurdCost: (cost_usd) =>
        log.warn(
          { cost_usd },
          'ignored a total cost that cannot be true; Baton estimates the cost from the tokens',
        ),
    },
    prepared,
  );
}

/**
 * Copies the rest of the transcript and checks every file. Resolves to undefined if this copy
 * fails.
 */
function finishTranscriptCopy(
  { recorder, giveUp }: AttemptContext,
  copy: TranscriptCopy,
): Promise<TranscriptManifest | undefined> {
  // An attempt that must stop writing cannot commit a manifest, so another copy would be useless.
  if (recorder.mustStopWriting) giveUp();
  return copy.finish();
}

/** Writes the ending, which is the attempt's last write. */
async function writeDecided(
  { session, attempt, owned, progress, relay, stopSwitch, writeOptions }: AttemptContext,
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
        workspace: run.workspace,
        exitLateMs: run.facts?.exitLateMs,
        counts: session.counts,
        mayLeaveMessages: mayLeaveMessages(session, outcome, { progress, stopSwitch }),
        wereDropped: relay.hasSentAll,
        hasClaimedMessages: relay.hasClaimed(),
        hasRun: run.facts !== undefined && !run.isAnswerKept,
      }),
    writeOptions,
  );
  if (result?.kind === 'retry' && bringsAccount(session.config)) {
    return { ...result, ownAccount: true };
  }
  return result ?? { kind: 'lost' };
}

/**
 * Removes the attempt's folders. An error is only logged, because the ending is already written.
 */
async function clean({ log }: AttemptContext, dirs: RunDirs): Promise<void> {
  await removeRunDirs(dirs).catch((error: unknown) =>
    log.error(
      { err: error, path: dirs.root },
      'the folders of the attempt could not be removed; the ending of the session is not affected',
    ),
  );
}
