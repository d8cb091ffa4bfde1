import type { Admission } from '../admission/admission.ts';
import { requestStop } from '../admission/request-stop.ts';
import { type Info, toInfo } from '../model/session/info.ts';
import { isTerminal } from '../model/session/status.ts';
import type { ControlMessage } from '../queue/control.ts';
import type { SessionQueue } from '../queue/session-queue.ts';
import type { StopRequests } from '../store/stop-requests.ts';
import type { SessionManager } from './session-manager.ts';

/** Stops sessions from anywhere: the request is a document's, the word over Redis only makes it fast. */
export interface SessionStop {
  /**
   * Cancels a session: a queued one never starts, a running one is stopped by its worker. Saying it
   * again changes nothing. Throws SESSION_NOT_FOUND, SESSION_TERMINAL, UNAVAILABLE.
   */
  cancelSession(id: string): Promise<Info>;
  /**
   * Ends the turn of a session, which completes with what it has and can be continued; one that never
   * began is cancelled. Throws like cancelSession.
   */
  interruptSession(id: string): Promise<Info>;
}

/** The stop of sessions over an open queue and store. */
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
  async function requestStopOf(kind: ControlMessage['kind'], id: string): Promise<Info> {
    await manager.getSession(id); // one that only the queue knows is adopted first
    const session = await requestStop({ queue, requests }, kind, id);
    // Where this fails, the reconciler lets go on what waits for it.
    if (isTerminal(session.status)) await admission.releaseAfter(session).catch(() => {});
    return toInfo(session);
  }

  return {
    cancelSession: (id) => requestStopOf('cancel', id),
    interruptSession: (id) => requestStopOf('interrupt', id),
  };
}
