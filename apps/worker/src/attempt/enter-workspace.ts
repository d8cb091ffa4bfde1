import type { Outcome } from '@baton/core/internal';
import { type AttemptCaptures, startCaptures, withoutCaptures } from './attempt-captures.ts';
import type { AttemptContext } from './attempt-context.ts';
import type { Prepared } from './prepare.ts';
import { concludeUnstarted } from './reconcile-history.ts';
import { refuseAttempt } from './refuse-attempt.ts';
import { checkSize, takeWorkspace } from './take-workspace.ts';
import { compareDir } from './working-dir.ts';

/**
 * Takes the workspace for this attempt, and starts its captures, which do nothing for a workspace that this worker does
 * not capture. If the attempt may not take the workspace, resolves to the outcome.
 */
export async function enterWorkspace(
  context: AttemptContext,
  prepared: Prepared,
): Promise<AttemptCaptures | Outcome> {
  const { deps, log } = context;
  const { planned, restored } = prepared;
  const { engine } = deps.workspace;
  try {
    await checkSize(context, prepared);
    const taken = await takeWorkspace(context, prepared);
    if (taken === null) return concludeUnstarted({ kind: 'lost' });
    // The cache may have removed the directory just before this attempt marked it. Then the next attempt restores the files.
    if (!(await isStillThere(prepared))) return { kind: 'handed_back' };
    if (!planned || !engine) return withoutCaptures(taken);
    return startCaptures(context, { taken, planned, restored, engine });
  } catch (error) {
    return refuseAttempt(error, deps.host, log);
  }
}

async function isStillThere({ planned, cwd, dirBeforeStart }: Prepared): Promise<boolean> {
  if (!planned) return true;
  const found = await compareDir(cwd, dirBeforeStart);
  return found === 'same' || found === 'closed';
}
