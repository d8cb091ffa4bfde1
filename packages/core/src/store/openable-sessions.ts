import type { Session } from '../model/session/session.ts';
import type { SessionStore } from './session-store.ts';

/**
 * Returns the ids of the sessions whose sealed values a session may open: its own, those of its
 * ancestors, and those from which one of them took its config by a rerun.
 */
export async function findOpenableSessions(
  sessions: Pick<SessionStore, 'ancestry'>,
  session: Session,
): Promise<Set<string>> {
  const chain = await sessions.ancestry(session);
  return new Set(chain.flatMap(({ id, sealed_for = [] }) => [id, ...sealed_for]));
}
