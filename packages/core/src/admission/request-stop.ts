import type { Session } from '../model/session/session.ts';
import type { StopKind } from '../queue/control.ts';
import type { SessionQueue } from '../queue/session-queue.ts';
import type { StopRequests } from '../store/stop-requests.ts';

/**
 * Asks a session to stop: stores the request in the session document, then sends it to the worker
 * that runs the session. Throws what `StopRequests` throws.
 */
export async function requestStop(
  { queue, requests }: { queue: SessionQueue; requests: StopRequests },
  kind: StopKind,
  id: string,
): Promise<Session> {
  const session = await (kind === 'cancel'
    ? requests.requestCancel(id)
    : requests.requestInterrupt(id));
  // The control message may be lost. The document keeps the request, and the worker's next
  // heartbeat or the reconciler acts on it.
  if (session.status === 'cancelled') {
    queue.live.statusChanged(session);
    await queue.drop(id).catch(() => {});
  } else await queue.sendControl({ kind, id }).catch(() => {});
  // An interrupted session may be queued with a delayed job, for example until a retry. The
  // promotion makes the job ready now, so a worker takes the job and completes the session.
  if (session.status === 'queued') await queue.promote(id).catch(() => {});
  return session;
}
