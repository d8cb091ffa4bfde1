import type { Outcome, Workspace } from '@baton/core/internal';
import type { AttemptCaptures } from './attempt-captures.ts';
import type { AttemptContext } from './attempt-context.ts';
import { enterWorkspace } from './enter-workspace.ts';
import type { PushSource } from './push-from-capture.ts';
import { mayPush, pushSession } from './push-session.ts';

/** How an attempt ends, before that is decided and written. */
export interface SettledEnd {
  outcome: Outcome;
  /** The workspace and its captures. Absent if the attempt did not take the workspace. */
  workspace?: Workspace;
  captures?: AttemptCaptures;
  /** Whether the stored last result still answers the session, although the attempt did not complete it. */
  isAnswerKept?: boolean;
}

/**
 * Ends an attempt that needs no process. If an earlier attempt left the answer, but did not push the work, this attempt
 * pushes it.
 */
export async function endSettled(
  context: AttemptContext,
  source: PushSource,
  outcome: Outcome,
): Promise<SettledEnd> {
  if (!mayPush(context.session, outcome)) return { outcome };
  const captures = await enterWorkspace(context, source.prepared);
  if ('kind' in captures) return { outcome: captures };
  const workspace = await captures.finish(undefined, { hasAnswered: true });
  return { captures, ...(await pushSession(context, source, { outcome, workspace })) };
}
