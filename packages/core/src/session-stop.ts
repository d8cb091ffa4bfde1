import { type Info, toInfo } from './model/info.ts';
import type { ControlMessage } from './queue/control.ts';
import type { SessionQueue } from './queue/session-queue.ts';
import type { SessionManager } from './session-manager.ts';
import type { StopRequests } from './store/stop-requests.ts';

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
}: {
  manager: Pick<SessionManager, 'getSession'>;
  queue: SessionQueue;
  requests: StopRequests;
}): SessionStop {
  async function ask(kind: ControlMessage['kind'], id: string): Promise<Info> {
    await manager.getSession(id); // one that only the queue knows is adopted first
    const session = await (kind === 'cancel'
      ? requests.requestCancel(id)
      : requests.requestInterrupt(id));
    // The document holds the request: a heartbeat or the reconciler does what a lost word does not.
    if (session.status === 'cancelled') {
      queue.live.moved(session);
      await queue.drop(id).catch(() => {});
    } else await queue.tell({ kind, id }).catch(() => {});
    // Its job waits for a retry's time: the worker that takes it completes the session at once.
    if (session.status === 'queued') await queue.hurry(id).catch(() => {});
    return toInfo(session);
  }

  return {
    cancelSession: (id) => ask('cancel', id),
    interruptSession: (id) => ask('interrupt', id),
  };
}
