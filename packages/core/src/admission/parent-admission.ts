// Continues that wait for the session that they continue.

import { isAppError } from '../model/errors/app-error.ts';
import { planParentWait } from '../model/job/waiting.ts';
import { checkParent } from '../model/session/parent.ts';
import type { Session } from '../model/session/session.ts';
import type { SessionQueue } from '../queue/session-queue.ts';
import type { SessionStore } from '../store/session-store.ts';
import type { StopRequests } from '../store/stop-requests.ts';
import type { WaitingStore } from '../store/waiting-store.ts';
import { requestStop } from './request-stop.ts';

/** The admission of sessions by the end of their parents. */
export interface ParentAdmission {
  /** Does for a session that waits for its parent what can be done now. */
  advance(session: Session): Promise<void>;
  /** Those that wait for a parent and need not: whoever was to let them go on died. */
  left(): AsyncGenerator<Session>;
}

/**
 * Admission by parents: `letGo` lets on whose parent can be continued; `failed` is told whom that is not
 * true of.
 */
export function createParentAdmission({
  sessions,
  waiting,
  queue,
  requests,
  letGo,
  failed,
}: {
  sessions: Pick<SessionStore, 'get'>;
  waiting: WaitingStore;
  queue: SessionQueue;
  requests: StopRequests;
  letGo: (session: Session) => Promise<void>;
  failed: (session: Session) => Promise<void>;
}): ParentAdmission {
  async function advance(session: Session): Promise<void> {
    const parentId = session.parent_session_id ?? '';
    const parent = await sessions.get(parentId);
    switch (planParentWait(session, parent)) {
      case 'stay':
        return;
      case 'go':
        return goOn(session, parent);
      case 'interrupt': {
        const isAsked = await requestStop({ queue, requests }, 'interrupt', parentId).then(
          () => true,
          falseIfEnded,
        );
        // It ended before it could be asked, and whoever ended it may not have seen this session.
        return isAsked ? undefined : advance(session);
      }
    }
  }

  async function goOn(session: Session, parent: Session | null): Promise<void> {
    try {
      checkParent(session.parent_session_id ?? '', parent);
    } catch (error) {
      if (!isAppError(error)) throw error;
      const { code, message } = error;
      const failure = { code, message, retryable: false, attempt: 0 };
      const ended = await waiting.fail(session.id, failure);
      return ended ? failed(ended) : undefined;
    }
    await letGo(session);
  }

  return {
    advance,
    async *left() {
      for await (const { session, parent } of waiting.behindParents()) {
        if (planParentWait(session, parent) === 'stay') continue;
        const found = await sessions.get(session.id);
        if (found?.waiting_for === 'parent') yield found;
      }
    },
  };
}

function falseIfEnded(error: unknown): boolean {
  if (isAppError(error) && error.code === 'SESSION_TERMINAL') return false;
  throw error;
}
