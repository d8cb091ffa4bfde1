import {
  type Capture,
  defined,
  type Session,
  type SessionStore,
  type Workspace,
  type WorkspaceNotPortableReason,
} from '@baton/core/internal';
import { branchName, locationOf, rootName, splitPath, type WorkspaceLocation } from './layout.ts';
import type { LastTaken } from './plan-directory.ts';

/** Where a session works on this host, and where its files come from. */
export interface LocatedWorkspace {
  location: WorkspaceLocation;
  /** The paths that the workspace had before, oldest first. The transcript may name them. */
  movedFrom: readonly string[];
  /** Who took the workspace last, or null. */
  last: LastTaken | null;
  /** The capture to restore the files from, if MongoDB holds one. */
  capture: Capture | undefined;
  isPortable: boolean;
  /** Why the files do not travel, if they do not. */
  reason: WorkspaceNotPortableReason;
  /** Whether the files come from the session's parent: no attempt of the session has taken the workspace. */
  isInherited: boolean;
  /** What each attempt and each continue passes on unchanged. */
  kept: Pick<Workspace, 'start' | 'base' | 'push'>;
}

/** What is needed to locate a workspace. */
export interface LocateDeps {
  workRoot: string;
  /** Whether this worker captures workspaces. If not, all branches of a conversation share one directory. */
  canCapture: boolean;
  claimHeir: SessionStore['claimHeir'];
}

/**
 * Locates the managed workspace of a session. The first continue of a parent works on in the parent's directory; a
 * second one gets a directory of its own. A directory whose work root is not this worker's keeps its name and moves to
 * this worker's root.
 *
 * @param parent The session's parent. Absent for a launch.
 */
export async function locateWorkspace(
  session: Session,
  parent: Session | undefined,
  { workRoot, canCapture, claimHeir }: LocateDeps,
): Promise<LocatedWorkspace> {
  const own = managed(session);
  if (own) {
    const { name } = splitPath(own.path);
    const { start, base, push } = own;
    const kept = defined({ start, base, push });
    return { ...moveTo(workRoot, session, own, name), isInherited: false, kept };
  }
  const inherited = parent && managed(parent);
  if (!parent || !inherited) {
    const location = locationOf(workRoot, rootName(session.root_session_id));
    return {
      location,
      movedFrom: [],
      last: null,
      capture: undefined,
      isPortable: true,
      reason: 'not_captured',
      isInherited: true,
      kept: {},
    };
  }
  // Without a capture there is nothing to make a second directory from.
  const mayBranch = canCapture && inherited.capture !== undefined;
  const isHeir = !mayBranch || (await claimHeir(parent.id, session.id));
  const name = isHeir
    ? splitPath(inherited.path).name
    : branchName(session.root_session_id, session.id);
  const { base, push } = inherited;
  return {
    ...moveTo(workRoot, parent, inherited, name),
    isInherited: true,
    kept: defined({ base, push }),
  };
}

/** Returns the work root that a session's files lie under, or null if any worker may run the session. */
export function workRootOf(session: Session, parent: Session | undefined): string | null {
  const known = managed(session) ?? (parent && managed(parent));
  return known ? splitPath(known.path).workRoot : null;
}

function managed({ workspace }: Pick<Session, 'workspace'>): Workspace | undefined {
  return workspace?.type === 'managed' ? workspace : undefined;
}

function moveTo(
  workRoot: string,
  holder: Session,
  { path, moved_from = [], capture, portable, reason = 'capture_failed', fence }: Workspace,
  name: string,
): Omit<LocatedWorkspace, 'isInherited' | 'kept'> {
  const location = locationOf(workRoot, name);
  const movedFrom = location.path === path ? moved_from : [...moved_from, path];
  const newest = Math.max(
    fence,
    ...holder.attempts.filter(({ pid }) => pid).map((one) => one.fence),
  );
  return {
    location,
    movedFrom,
    last: { session_id: holder.id, fence: newest },
    capture,
    // A worker of an older version runs a session without taking its workspace. What it wrote is in no capture.
    isPortable: portable && newest === fence,
    reason,
  };
}
