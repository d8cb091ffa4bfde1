// Admission by parent: a continue waits until the session that it continues has ended.

import { mergeRequiredFeatures } from '../model/config/required-features.ts';
import { isAppError } from '../model/errors/app-error.ts';
import { planParentWait } from '../model/job/waiting.ts';
import { checkParent } from '../model/session/parent.ts';
import type { Session } from '../model/session/session.ts';
import type { SessionQueue } from '../queue/session-queue.ts';
import type { SessionStore } from '../store/session-store.ts';
import type { StopRequests } from '../store/stop-requests.ts';
import { isStoreAway } from '../store/unavailable.ts';
import type { WaitingStore } from '../store/waiting-store.ts';
import { requestStop } from './request-stop.ts';

/** Admits continues when their parents end. */
export interface ParentAdmission {
  /**
   * Releases a session whose parent has ended, or fails it if that parent cannot be continued. If
   * the parent still runs and the session asked to interrupt it, interrupts the parent.
   */
  tryRelease(session: Session): Promise<void>;
  /**
   * Yields the waiting sessions for which `tryRelease` has something to do, because the process
   * that should have called `tryRelease` died.
   */
  stuck(): AsyncGenerator<Session>;
}

/**
 * Creates the admission by parent. It calls `release` for a session whose parent can be continued,
 * and `onFailed` for a session that failed because its parent cannot be continued. It calls `fail`
 * for a session whose document cannot be read.
 */
export function createParentAdmission({
  sessions,
  waiting,
  queue,
  requests,
  release,
  fail,
  onFailed,
}: {
  sessions: Pick<SessionStore, 'get'>;
  waiting: WaitingStore;
  queue: SessionQueue;
  requests: StopRequests;
  release: (session: Session) => Promise<void>;
  fail: (id: string, error: unknown) => Promise<unknown>;
  onFailed: (session: Session) => Promise<void>;
}): ParentAdmission {
  async function tryRelease(session: Session): Promise<void> {
    const parentId = session.parent_session_id ?? '';
    const parent = await sessions.get(parentId);
    switch (planParentWait(session, parent)) {
      case 'stay':
        return;
      case 'go':
        return releaseOrFail(session, parent);
      case 'interrupt': {
        const isAsked = await requestStop({ queue, requests }, 'interrupt', parentId).then(
          () => true,
          falseIfEnded,
        );
        // If the parent ended before the request, the process that ended it may not have seen this
        // continue. So this process tries again to release the continue.
        return isAsked ? undefined : tryRelease(session);
      }
    }
  }

  async function releaseOrFail(session: Session, parent: Session | null): Promise<void> {
    try {
      checkParent(session.parent_session_id ?? '', parent);
    } catch (error) {
      if (!isAppError(error)) throw error;
      const { code, message } = error;
      const failure = { code, message, retryable: false, attempt: 0 };
      const failed = await waiting.fail(session.id, failure);
      return failed ? onFailed(failed) : undefined;
    }
    // The parent may have got feature words after this session was stored, for example with its first
    // capture. They are stored before the job is made from the document.
    const features = mergeRequiredFeatures(session, parent ?? undefined) ?? [];
    const isNew = features.some((feature) => session.requires?.includes(feature) !== true);
    if (isNew) await waiting.require(session.id, features);
    await release(session);
  }

  return {
    tryRelease,
    async *stuck() {
      for await (const { session, parent } of waiting.parentWaits()) {
        if (planParentWait(session, parent) === 'stay') continue;
        const found = await sessions.get(session.id).catch(async (error: unknown) => {
          if (isStoreAway(error)) throw error;
          await fail(session.id, error);
          return null;
        });
        if (found?.waiting_for === 'parent') yield found;
      }
    },
  };
}

function falseIfEnded(error: unknown): boolean {
  if (isAppError(error) && error.code === 'SESSION_TERMINAL') return false;
  throw error;
}
