// Whose fault a failed run is: the session's, its working directory's or the host's.
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

/** How long a session waits for another try where its host is well and only something came and went, in milliseconds. */
const TRY_AGAIN_MS = 1_000;

// What the CLI, its runtime or a shell says whose directory was taken away.
const LOST_DIRECTORY =
  /uv_cwd|getcwd|current (working )?directory (no longer exists|is not|was deleted)|cannot access (the )?current (working )?directory/i;

// Codes of an exit that says no more than that the CLI could not be run.
const NOT_RUN = 'CLAUDE_NOT_FOUND';

/** What is known of a run that is over. */
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
  /** Whether the worker had put a transcript in place, for the CLI to resume. */
  isResumed: boolean;
  claudeFile: string;
  /** Says whether the program's file is another one than when the process was started. */
  wasReplaced: () => boolean;
}

/**
 * Decides whose fault a failed run is. `outcome` is the verdict by what the process printed and how it ended; it
 * stands unless the host or the working directory explains the failure. A problem of the host that is certain is
 * reported to `host`, which then takes no more jobs; where it is not certain, the host is probed.
 */
export async function attributeFailure(
  outcome: Outcome,
  facts: FailureContext,
  host: Pick<HostHealth, 'report' | 'check'>,
): Promise<Outcome> {
  const { run, abort } = facts;
  if (outcome.kind !== 'failed') return outcome;
  if (run.result !== null) return attributeLostConversation(outcome, facts, host);
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

// The run has a result: the CLI looked for the transcript while the folder that the worker had put it in was away.
async function attributeLostConversation(
  outcome: Outcome & { kind: 'failed' },
  { run, abort, isResumed }: FailureContext,
  host: Pick<HostHealth, 'check'>,
): Promise<Outcome> {
  const { code, message } = outcome.failure;
  // A caller's stop stands. What the worker stops by itself, such as a drain, it hands back anyway.
  const isStoppedByCaller = abort?.kind === 'cancel' || abort?.kind === 'interrupt';
  if (code !== 'CONVERSATION_NOT_FOUND' || run.sawInit || isStoppedByCaller || !isResumed) {
    return outcome;
  }
  const found = await host.check();
  return found ? hostFailure(found, 0) : hostFailure({ code, message }, TRY_AGAIN_MS);
}

// The turn had begun, so the session is retried. The host is probed, so that the next session need not fail too.
async function attributeFailedTurn(
  outcome: Outcome & { kind: 'failed' },
  { run, runRoot }: FailureContext,
  host: Pick<HostHealth, 'check'>,
): Promise<Outcome> {
  // The folder may be back by now: then only the CLI's own words tell that it was away.
  const wasAway = !existsSync(runRoot) || findLostFileProblem(run.stderrTail, runRoot) !== null;
  if (outcome.failure.code !== 'HOST_ERROR' && !wasAway) return outcome;
  await host.check();
  if (!wasAway) return outcome;
  const message = `the folder ${runRoot} of the attempt was removed while it ran: ${outcome.failure.message}`;
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
    // Both are there now: one of them came and went, and only the CLI can be asked.
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
  // The probe passes: whatever it was is over, or the session brought it along. Nothing else has to wait.
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
    const message = `the work directory ${cwd} was removed or closed`;
    return hostFailure({ code: 'HOST_ERROR', message }, TRY_AGAIN_MS);
  }
  return now === 'replaced' || LOST_DIRECTORY.test(run.stderrTail)
    ? workingDirWasAway(facts)
    : null;
}

function workingDirWasAway({ cwd, isDirGiven }: FailureContext): Outcome {
  const message = `the working directory ${cwd} came and went while the claude CLI started`;
  const code = isDirGiven ? 'WORKING_DIR_NOT_FOUND' : 'HOST_ERROR';
  return hostFailure({ code, message }, TRY_AGAIN_MS);
}

function reportHostProblem(problem: HostProblem, host: Pick<HostHealth, 'report'>): Outcome {
  host.report(problem);
  return hostFailure(problem, 0);
}
