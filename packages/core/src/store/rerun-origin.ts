import { AppError } from '../model/errors/app-error.ts';
import type { Job } from '../model/job/job.ts';
import type { SessionOrigin } from '../model/job/new-session.ts';
import { defined } from '../model/schema/defined.ts';
import type { Session } from '../model/session/session.ts';
import { findSealedSessions } from '../sealing/sealed-sessions.ts';
import { findOpenableSessions } from './openable-sessions.ts';
import type { SessionStore } from './session-store.ts';

/**
 * Returns what a rerun takes from its source, in addition to the config. The rerun may open a
 * sealed value of the config only if the source may open it. Throws INVALID_REQUEST if the job is
 * not of the source's kind and parent.
 */
export async function readRerunOrigin(
  sessions: Pick<SessionStore, 'ancestry'>,
  source: Session,
  job: Job,
): Promise<SessionOrigin> {
  checkSameParent(source, job);
  const sealed = findSealedSessions(source.config);
  const openable = sealed.size > 0 ? await findOpenableSessions(sessions, source) : new Set();
  const sealedFor = [...sealed].filter((id) => openable.has(id));
  return {
    rerun_of: source.id,
    ...defined({
      continues_at: source.continues_at,
      conversation_key: source.conversation_key,
      sealed_for: sealedFor.length > 0 ? sealedFor : undefined,
    }),
  };
}

function checkSameParent(source: Session, job: Job): void {
  const parent = job.kind === 'continue' ? job.parent_session_id : undefined;
  if (job.kind === source.kind && parent === source.parent_session_id) return;
  throw new AppError(
    'INVALID_REQUEST',
    'rerun_of: expected a session of the same kind and parent as the job',
    { details: { field: 'rerun_of' } },
  );
}
