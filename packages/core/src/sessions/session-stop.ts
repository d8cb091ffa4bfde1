import type { Admission } from '../admission/admission.ts';
import { requestStop } from '../admission/request-stop.ts';
import type { CancelSelection } from '../model/session/cancel-selection.ts';
import { type Info, toInfo } from '../model/session/info.ts';
import { isTerminal } from '../model/session/status.ts';
import type { StopKind } from '../queue/control.ts';
import type { SessionQueue } from '../queue/session-queue.ts';
import type { StopRequests } from '../store/stop-requests.ts';
import { type CancelledSessions, createBulkCancel } from './bulk-cancel.ts';
import type { SessionManager } from './session-manager.ts';

/**
 * Stops sessions from any process. The request is stored on the document; a Redis message only makes the stop faster.
 */
export interface SessionStop {
  /**
   * Cancels a session: a queued session never starts, and the worker stops a running session. Repeating the call
   * changes nothing. Throws SESSION_NOT_FOUND, SESSION_TERMINAL or UNAVAILABLE.
   */
  cancelSession(id: string): Promise<Info>;
  /**
   * Ends the current turn of a session. The session completes with the work done so far and can be
   * continued. A session that has not begun is cancelled. Throws like cancelSession.
   */
  interruptSession(id: string): Promise<Info>;
  /**
   * Cancels up to 1,000 sessions, each like cancelSession: the sessions with these `ids`, or the
   * newest sessions with this `tag` that have not ended and were not asked to cancel yet. Returns
   * one verdict for each session, in the order of `ids` or newest first. If `has_more` is true,
   * call it again with the same tag. Throws UNAVAILABLE if the sessions of the tag cannot be read.
   */
  cancelSessions(selection: CancelSelection): Promise<CancelledSessions>;
}

/** Creates the functions that stop sessions, over an open queue and store. */
export function createSessionStop({
  manager,
  queue,
  requests,
  admission,
}: {
  manager: Pick<SessionManager, 'getSession'>;
  queue: SessionQueue;
  requests: StopRequests;
  admission: Pick<Admission, 'releaseAfter'>;
}): SessionStop {
  async function requestStopOf(kind: StopKind, id: string): Promise<Info> {
    await manager.getSession(id); // Adopts a session that is only in the queue.
    const session = await requestStop({ queue, requests }, kind, id);
    // If the release fails, the reconciler releases the sessions that wait for the cancelled
    // session.
    if (isTerminal(session.status)) await admission.releaseAfter(session).catch(() => {});
    return toInfo(session);
  }

  const cancelSession = (id: string) => requestStopOf('cancel', id);
  return {
    cancelSession,
    cancelSessions: createBulkCancel({ cancel: cancelSession, requests }),
    interruptSession: (id) => requestStopOf('interrupt', id),
  };
}
