import type { Outcome } from '@baton/core/internal';
import type { AbortReason } from '../claude/abort-reason.ts';
import { concludeAttempt } from '../claude/conclude.ts';
import { findAnswerProblem } from './answer-problem.ts';
import type { AttemptContext } from './attempt-context.ts';
import type { Prepared } from './prepare.ts';
import { findSpentLimit } from './remaining-turns-and-budget.ts';
import { settleEarlierMessages } from './settle-earlier-messages.ts';
import { writeUntilAcknowledged } from './write-until-acknowledged.ts';

/**
 * Brings the session's document and events in line with the restored transcript: marks what no
 * longer counts, and records the messages that only the transcript holds. Resolves to the session's
 * outcome if no process needs to run, else to null.
 */
export async function reconcileHistory(
  context: AttemptContext,
  prepared: Prepared,
): Promise<Outcome | null> {
  const { history, remainingConfig, isTurnOver } = prepared;
  const { session, stopSwitch } = context;
  // The stored answer stays for now. If callers take their pending messages back, it ends the
  // session.
  if (!history.answer && !(await setAside(context, history.amends))) {
    return concludeUnstarted({ kind: 'lost' });
  }
  for (const line of history.unrecorded) {
    await context.recorder.record({ ...line, raw: context.deps.masker.line(line.raw) });
  }
  const pending = await settleEarlierMessages(context, prepared);
  if (pending === null) return concludeUnstarted({ kind: 'lost' });
  const spent = findSpentLimit(remainingConfig);
  const isStopped = spent !== null || session.interrupt_requested_at !== undefined;
  const isDone =
    isStopped || pending.length === 0 || (await context.relay.load({ later: isTurnOver })) === 0;
  if (history.answer && isDone) return concludeAnswered(context, history.answer);
  if (session.interrupt_requested_at) return { kind: 'completed', stopped_by: 'interrupt' };
  if (spent) return { kind: 'failed', failure: spent };
  return stopSwitch.reason ? concludeUnstarted(stopSwitch.reason) : null;
}

/**
 * Returns the outcome of a session whose answer an earlier attempt committed with a complete
 * transcript.
 */
async function concludeAnswered(
  { session, log }: AttemptContext,
  answer: NonNullable<Prepared['history']['answer']>,
): Promise<Outcome> {
  return concludeAttempt({
    exit: { code: null, signal: null },
    result: answer,
    sawInit: true,
    abort: null,
    resultBeforeAbort: true,
    stderrTail: '',
    ...(await findAnswerProblem(answer, session.config, log)),
  });
}

/**
 * Marks the work of earlier attempts that no longer counts. Resolves to false if the attempt must
 * not write any more.
 */
async function setAside(
  { session, owned, writeOptions }: AttemptContext,
  amends: Prepared['history']['amends'],
): Promise<boolean> {
  const hasLeftovers = session.last_result !== undefined || Object.keys(amends).length > 0;
  if (!hasLeftovers) return true;
  return (await writeUntilAcknowledged(() => owned.setAside(amends), writeOptions)) !== null;
}

/** Returns the outcome of an attempt that was stopped before its process began. */
export function concludeUnstarted(reason: AbortReason): Outcome {
  return concludeAttempt({
    exit: { code: null, signal: null },
    result: null,
    sawInit: false,
    abort: reason,
    resultBeforeAbort: false,
    stderrTail: '',
  });
}
