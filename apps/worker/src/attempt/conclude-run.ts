// Reaches the verdict on a run of the CLI.
import { type Outcome, workspaceOf } from '@baton/core/internal';
import { concludeAttempt } from '../claude/conclude.ts';
import type { RunDirs } from '../host/run-dirs.ts';
import { findAnswerProblem } from './answer-problem.ts';
import type { AttemptContext } from './attempt-context.ts';
import { attributeFailure } from './attribute-failure.ts';
import { outcomeOfNotEnded } from './not-ended.ts';
import type { Prepared } from './prepare.ts';
import type { RunFacts } from './run.ts';

/**
 * Returns the outcome of a finished run: the verdict on what the CLI did, unless the host or the
 * working directory explains the failure.
 */
export async function concludeRun(
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
    isDirGiven: workspaceOf(session.config).type === 'path',
    runRoot: dirs.root,
    isResumed: restored.files.length > 0,
    claudeFile: deps.cli.file,
    wasReplaced,
  };
  return attributeFailure(concluded, context, deps.host);
}
