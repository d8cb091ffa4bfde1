import type { Session } from '../model/session/session.ts';
import type { ControlMessage } from '../queue/control.ts';
import type { SessionQueue } from '../queue/session-queue.ts';
import type { StopRequests } from '../store/stop-requests.ts';

/** Asks for a session's end in its document, and then whoever runs it. Throws as the requests do. */
export async function requestStop(
  { queue, requests }: { queue: SessionQueue; requests: StopRequests },
  kind: ControlMessage['kind'],
  id: string,
): Promise<Session> {
  const session = await (kind === 'cancel'
    ? requests.requestCancel(id)
    : requests.requestInterrupt(id));
  // The document holds the request: a heartbeat or the reconciler does what a lost word does not.
  if (session.status === 'cancelled') {
    queue.live.statusChanged(session);
    await queue.drop(id).catch(() => {});
  } else await queue.sendControl({ kind, id }).catch(() => {});
  // Its job waits for a retry's time: the worker that takes it completes the session at once.
  if (session.status === 'queued') await queue.promote(id).catch(() => {});
  return session;
}
