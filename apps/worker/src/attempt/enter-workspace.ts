import type { Outcome } from '@baton/core/internal';
import { type AttemptCaptures, startCaptures, withoutCaptures } from './attempt-captures.ts';
import type { AttemptContext } from './attempt-context.ts';
import type { PlannedWorkspace } from './plan-workspace.ts';
import type { Prepared } from './prepare.ts';
import { concludeUnstarted } from './reconcile-history.ts';
import { refuseAttempt } from './refuse-attempt.ts';
import { checkSize, takeWorkspace } from './take-workspace.ts';
import { compareDir } from './working-dir.ts';
import { writeUploads } from './write-uploads.ts';

/**
 * Puts the session's uploaded files into its workspace, takes the workspace for this attempt, and starts its captures, which do nothing for a workspace that this worker does
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
    const uploads = await writeUploads(context, prepared);
    const taken = uploads && (await takeWorkspace(context, prepared, uploads));
    if (taken === null) return concludeUnstarted({ kind: 'lost' });
    // The cache may have removed the directory just before this attempt marked it. Then the next attempt restores the files.
    if (!(await isStillThere(prepared))) return { kind: 'handed_back' };
    if (!planned || !engine) return withoutCaptures(taken);
    const hasUploads = (context.session.config.files ?? []).length > 0;
    const mustCaptureStart = mustStoreStart({ ...planned, hasUploads });
    return startCaptures(context, { taken, planned, restored, engine, mustCaptureStart });
  } catch (error) {
    return refuseAttempt(error, deps.host, log);
  }
}

/**
 * Returns whether the files with which the session begins must be stored before a process works on them: a launch from a
 * repository or with uploaded files, until a capture of them is stored.
 */
export function mustStoreStart({
  repository,
  hasUploads,
  kept,
  capture,
  hasRun,
}: Pick<PlannedWorkspace, 'repository' | 'kept' | 'capture' | 'hasRun'> & {
  hasUploads: boolean;
}): boolean {
  const isStored = kept.start !== undefined || capture !== undefined;
  return (repository !== undefined || hasUploads) && !isStored && !hasRun;
}

async function isStillThere({ planned, cwd, dirBeforeStart }: Prepared): Promise<boolean> {
  if (!planned) return true;
  const found = await compareDir(cwd, dirBeforeStart);
  return found === 'same' || found === 'closed';
}
