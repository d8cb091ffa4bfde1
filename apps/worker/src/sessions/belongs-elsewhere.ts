// Decides whether this worker may run a session whose files lie under another work root.
import { type Session, type SessionStore, workspaceOf } from '@baton/core/internal';
import { workRootOf } from '../workspace/locate-workspace.ts';
import type { Presence } from '../workspace/presence.ts';

/** How long a session waits for a worker with its work root, in milliseconds. Then any worker looks again. */
export const OTHER_ROOT_WAIT_MS = 1_000;

/** What the decision needs. */
export interface RootCheckDeps {
  sessions: Pick<SessionStore, 'get'>;
  presence: Pick<Presence, 'hasRoot'>;
  workRoot: string;
}

/**
 * Resolves to whether a live worker with the session's own work root must run it. The model knows absolute paths, so its
 * files stay at the same path as long as a worker has that path. If no live worker has it, this worker may run the
 * session at a new path.
 */
export async function belongsElsewhere(
  session: Session,
  { sessions, presence, workRoot }: RootCheckDeps,
): Promise<boolean> {
  const { workspace, parent_session_id: parentId } = session;
  // The files of a directory that the caller named do not lie under a work root.
  if (workspaceOf(session.config).type === 'path') return false;
  const parent = workspace || !parentId ? undefined : ((await sessions.get(parentId)) ?? undefined);
  const root = workRootOf(session, parent);
  return root !== null && root !== workRoot && presence.hasRoot(root);
}
