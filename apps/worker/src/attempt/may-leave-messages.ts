import type { Outcome, Session } from '@baton/core/internal';
import type { AttemptContext } from './attempt-context.ts';
import { buildRemainingConfig, findSpentLimit } from './remaining-turns-and-budget.ts';

/**
 * Returns whether the session may complete without delivering its pending messages: it was
 * interrupted, or it has no turn or no budget left for them.
 */
export function mayLeaveMessages(
  session: Session,
  outcome: Outcome,
  { progress, stopSwitch }: Pick<AttemptContext, 'progress' | 'stopSwitch'>,
): boolean {
  if (outcome.kind === 'completed' && outcome.stopped_by) return true;
  if (session.interrupt_requested_at || stopSwitch.reason?.kind === 'interrupt') return true;
  const remaining = buildRemainingConfig({ ...session, totals: progress.totals() });
  return findSpentLimit(remaining) !== null;
}
