// Decides where a session works on this host, and makes that directory ready.
import {
  type CaptureStore,
  checkRepositoryBase,
  defined,
  type RepositoryConfig,
  type Session,
  type SessionStore,
  workspaceOf,
} from '@baton/core/internal';
import type { Restored } from '../transcript/restore.ts';
import type { CutOptions } from '../transcript/transcript-cut.ts';
import type { DirectoryOrigin } from '../uploads/plan-uploads.ts';
import { type LocatedWorkspace, locateWorkspace } from '../workspace/locate-workspace.ts';
import {
  directoryExists,
  fillDirectory,
  makeDirectory,
  restoreDirectory,
} from '../workspace/make-directory.ts';
import { readMark } from '../workspace/mark.ts';
import { notesOf } from '../workspace/notes.ts';
import { type DirectoryPlan, planDirectory } from '../workspace/plan-directory.ts';
import type { WorkspaceSettings } from '../workspace/workspace-settings.ts';

/** How many calls that were cut the model learns at most, the newest ones. */
const MAX_CUT_CALLS = 20;

/** A managed workspace, and how its directory is made ready. */
export interface PlannedWorkspace extends LocatedWorkspace, DirectoryPlan {
  /** Patterns of ignored files that are captured nevertheless. */
  include: readonly string[];
  /** The repository that the config names, if it names one. */
  repository?: RepositoryConfig;
  /** Whether a process may have worked in the workspace. */
  hasRun: boolean;
}

/** What the plan of a workspace needs from its worker. */
export interface WorkspaceDeps {
  stores: { sessions: SessionStore; captures: CaptureStore };
  workRoot: string;
  workspace: WorkspaceSettings;
}

/**
 * Plans the workspace of an attempt. Resolves to null if the caller named a directory. Changes nothing on disk, but may
 * make the session the heir of its parent's workspace.
 */
export async function planWorkspace(
  { stores: { sessions }, workRoot, workspace }: WorkspaceDeps,
  session: Session,
): Promise<PlannedWorkspace | null> {
  const wanted = workspaceOf(session.config);
  if (wanted.type === 'path') return null;
  const parent = session.workspace ? undefined : await parentOf(sessions, session);
  const located = await locateWorkspace(session, parent, {
    workRoot,
    canCapture: workspace.engine !== undefined,
    claimHeir: sessions.claimHeir,
  });
  const { location, last, capture, isPortable } = located;
  const { repository } = wanted;
  if (repository && last !== null) checkRepositoryBase(repository.url, located.kept);
  const hasRun = located.isInherited ? last !== null : session.attempts.some(({ pid }) => pid);
  const plan = planDirectory({
    sessionId: session.id,
    last,
    exists: await directoryExists(location.path),
    mark: await readMark(location.shadow),
    // Without git, this worker cannot restore a capture.
    isCaptured: capture !== undefined && workspace.engine !== undefined,
    isPortable,
    hasRepository: repository !== undefined,
    hasRun,
  });
  return { ...located, ...plan, include: wanted.include, hasRun, ...defined({ repository }) };
}

async function parentOf(
  sessions: SessionStore,
  { parent_session_id }: Session,
): Promise<Session | undefined> {
  if (parent_session_id === undefined) return undefined;
  return (await sessions.get(parent_session_id)) ?? undefined;
}

/** A directory that is ready. */
export interface ReadyDirectory {
  /** Its path without symlinks. */
  path: string;
  origin: DirectoryOrigin;
}

/**
 * Makes the planned directory ready. Throws WORKSPACE_CORRUPT, and as `clone` does.
 *
 * @param clone Clones the repository into a new folder.
 */
export async function readyDirectory(
  { stores: { captures }, workRoot, workspace: { engine } }: WorkspaceDeps,
  { action, location, capture }: PlannedWorkspace,
  fence: number,
  clone: (target: string) => Promise<void>,
): Promise<ReadyDirectory> {
  if (action === 'clone') {
    return { path: await fillDirectory({ workRoot, location, fence }, clone), origin: 'made' };
  }
  // The cache may have removed the directory since the plan. It removes only what a capture holds completely.
  const mustRestore =
    action === 'restore' || (action === 'use' && !(await directoryExists(location.path)));
  if (!mustRestore || !capture || !engine) {
    const origin = action === 'use' && !mustRestore ? 'used' : 'made';
    return { path: await makeDirectory(workRoot, location), origin };
  }
  const request = { workRoot, location, capture, fence };
  return { path: await restoreDirectory({ captures, engine }, request), origin: 'restored' };
}

/**
 * Returns where the restored transcript must end to agree with the restored files. Undefined if the files are not
 * restored, or if the newest capture is incomplete: then the session continues at its end. A parent's transcript is not
 * cut; the calls that its files do not show are reported.
 */
export function cutOf(
  planned: PlannedWorkspace | null,
  source: 'own' | 'parent' | 'none',
): CutOptions | undefined {
  if (planned?.action !== 'restore' || !planned.isPortable || !planned.capture) return undefined;
  return { covered: planned.capture.transcript, isOnlyReported: source === 'parent' };
}

/** Returns the calls that were cut from the transcript, now or by an earlier attempt that could not tell the model. */
export function cutCallsOf(
  { workspace }: Pick<Session, 'workspace'>,
  { cutCalls }: Pick<Restored, 'cutCalls'>,
): readonly string[] {
  return [...new Set([...(workspace?.cut_calls ?? []), ...cutCalls])].slice(-MAX_CUT_CALLS);
}

/** Returns the notes for the model about its workspace. A new conversation gets none. */
export function workspaceNotes(
  { location, movedFrom, isUncertain }: PlannedWorkspace,
  path: string,
  restored: Pick<Restored, 'files' | 'isUncertain'>,
): string[] {
  if (restored.files.length === 0) return [];
  return notesOf({
    path,
    movedFrom: movedFrom.filter((one) => one !== location.path),
    isUncertain: isUncertain || restored.isUncertain,
  });
}
