// Decides what caused a failed run: the session, its working directory or the host.
import { existsSync } from 'node:fs';
import type { Outcome } from '@baton/core/internal';
import type { AbortReason } from '../claude/abort-reason.ts';
import { isExecutable } from '../claude/parent-death.ts';
import type { HostHealth } from '../host/host-health.ts';
import {
  findFileProblem,
  findLostFileProblem,
  findReportedProblem,
  findSpawnProblem,
  type HostProblem,
} from '../host-problem/find-host-problem.ts';
import { hostFailure, refusalOutcome } from './refuse-attempt.ts';
import type { RunFacts } from './run.ts';
import { compareDir, type DirIdentity, workingDirNotFound } from './working-dir.ts';

/**
 * The pause before the next try, in milliseconds, if the host is healthy and only a file or folder
 * was missing for a moment.
 */
const TRY_AGAIN_MS = 1_000;

// Matches what the CLI, its runtime or a shell prints if its current directory was removed.
const LOST_DIRECTORY =
  /uv_cwd|getcwd|current (working )?directory (no longer exists|is not|was deleted)|cannot access (the )?current (working )?directory/i;

// The failure code for the exit codes 126 and 127, which show only that the CLI could not be run.
const NOT_RUN = 'CLAUDE_NOT_FOUND';

/** The facts of a failed run that decide what caused its failure. */
export interface FailureContext {
  run: RunFacts;
  abort: AbortReason | null;
  cwd: string;
  /** The working directory as it was before the start. */
  dirBeforeStart: DirIdentity;
  /** Whether the caller named the working directory. */
  isDirGiven: boolean;
  /** The folder that Baton made for the attempt's temporary files. */
  runRoot: string;
  /** Whether the worker restored a transcript for the CLI to resume. */
  isResumed: boolean;
  claudeFile: string;
  /** Returns whether the CLI's file has changed since the process was started. */
  wasReplaced: () => boolean;
}

/**
 * Decides what caused a failed run. `outcome` is the verdict on what the process printed and how it
 * ended. It is returned unchanged unless the host or the working directory explains the failure. If
 * the host is certainly the cause, its problem is reported to `host`, so the worker takes no more
 * jobs. If the cause is not certain, the host is probed.
 */
export async function attributeFailure(
  outcome: Outcome,
  facts: FailureContext,
  host: Pick<HostHealth, 'report' | 'check'>,
): Promise<Outcome> {
  const { run, abort } = facts;
  if (outcome.kind !== 'failed') return outcome;
  // A good result that is not final says nothing about the turn after it, which failed.
  const saysWhy = run.result !== null && (run.result.is_error || !run.isInterim);
  if (saysWhy) return attributeLostConversation(outcome, facts, host);
  if (run.sawInit) return abort === null ? attributeFailedTurn(outcome, facts, host) : outcome;
  if (abort !== null && !(abort.kind === 'timed_out' && abort.deadline === 'startup')) {
    return outcome;
  }
  try {
    return await attributeFailedStart(outcome, facts, host);
  } catch (error) {
    const problem = findFileProblem(error);
    if (!problem) throw error;
    return reportHostProblem(problem, host);
  }
}

// Handles the result "No conversation found" if the worker had restored the transcript: the
// transcript's folder was missing when the CLI looked there.
async function attributeLostConversation(
  outcome: Outcome & { kind: 'failed' },
  { run, abort, isResumed }: FailureContext,
  host: Pick<HostHealth, 'check'>,
): Promise<Outcome> {
  const { code, message } = outcome.failure;
  // If a caller cancelled or interrupted the session, its outcome stays. After a stop by the worker,
  // such as a drain, the session returns to the queue anyway.
  const isStoppedByCaller = abort?.kind === 'cancel' || abort?.kind === 'interrupt';
  if (code !== 'CONVERSATION_NOT_FOUND' || run.sawInit || isStoppedByCaller || !isResumed) {
    return outcome;
  }
  const found = await host.check();
  return found ? hostFailure(found, 0) : hostFailure({ code, message }, TRY_AGAIN_MS);
}

// The turn had begun, so the attempt counts as failed and the session is retried. The probe of the
// host keeps the next session from failing for the same reason.
async function attributeFailedTurn(
  outcome: Outcome & { kind: 'failed' },
  { run, runRoot }: FailureContext,
  host: Pick<HostHealth, 'check'>,
): Promise<Outcome> {
  // If the folder is back by now, only the CLI's stderr shows that it was missing.
  const wasAway = !existsSync(runRoot) || findLostFileProblem(run.stderrTail, runRoot) !== null;
  if (outcome.failure.code !== 'HOST_ERROR' && !wasAway) return outcome;
  await host.check();
  if (!wasAway) return outcome;
  const message = `the folder ${runRoot} was removed while the attempt ran: ${outcome.failure.message}`;
  return {
    ...outcome,
    failure: { ...outcome.failure, code: 'HOST_ERROR', message, retryable: true },
  };
}

async function attributeFailedStart(
  outcome: Outcome & { kind: 'failed' },
  facts: FailureContext,
  host: Pick<HostHealth, 'report' | 'check'>,
): Promise<Outcome> {
  const { run, claudeFile: file } = facts;
  const { spawnError } = run.exit;
  const lostDir = await attributeToDirectory(facts);
  if (lostDir) return lostDir;
  if (spawnError) {
    const problem = findSpawnProblem(spawnError.code, file);
    if (!problem) return outcome;
    // ENOENT: the CLI or the working directory was missing. The CLI and the directory exist now, so
    // the probe tries the CLI.
    if (spawnError.code === 'ENOENT' && isExecutable(file)) {
      const found = await host.check();
      return found
        ? hostFailure(found, 0)
        : (workingDirWasAway(facts) ?? hostFailure(problem, TRY_AGAIN_MS));
    }
    return reportHostProblem(problem, host);
  }
  if (outcome.failure.code === NOT_RUN) {
    return reportHostProblem({ code: NOT_RUN, message: outcome.failure.message }, host);
  }
  const found = await host.check();
  if (found) return hostFailure(found, 0);
  // The probe passed: the problem is over, or only this session has it. So only this session waits.
  const reported =
    findReportedProblem(run.stderrTail) ?? findLostFileProblem(run.stderrTail, facts.runRoot);
  if (reported) return hostFailure(reported, TRY_AGAIN_MS);
  if (facts.wasReplaced()) {
    const message = `the claude CLI ${file} was replaced while it started`;
    return hostFailure({ code: NOT_RUN, message }, TRY_AGAIN_MS);
  }
  return outcome;
}

async function attributeToDirectory(facts: FailureContext): Promise<Outcome | null> {
  const { cwd, dirBeforeStart, isDirGiven, run } = facts;
  const now = await compareDir(cwd, dirBeforeStart);
  if (now === 'gone' || now === 'closed') {
    if (isDirGiven) return refusalOutcome(workingDirNotFound(cwd));
    const message = `the work directory ${cwd} was removed or cannot be entered`;
    return hostFailure({ code: 'HOST_ERROR', message }, TRY_AGAIN_MS);
  }
  return now === 'replaced' || LOST_DIRECTORY.test(run.stderrTail)
    ? workingDirWasAway(facts)
    : null;
}

function workingDirWasAway({ cwd, isDirGiven }: FailureContext): Outcome {
  const message = `the working directory ${cwd} was missing for a moment while the claude CLI started`;
  const code = isDirGiven ? 'WORKING_DIR_NOT_FOUND' : 'HOST_ERROR';
  return hostFailure({ code, message }, TRY_AGAIN_MS);
}

function reportHostProblem(problem: HostProblem, host: Pick<HostHealth, 'report'>): Outcome {
  host.report(problem);
  return hostFailure(problem, 0);
}
