// Notifies the webhook dispatch of sessions that changed. A notification is a hint: the outbox on the document holds
// each event.
import type { LivePublisher } from '../queue/live.ts';
import type { StopRequests } from '../store/stop-requests.ts';

/** Called with the id of a session whose status changed. It must not wait or throw. */
export type NotifyOfChange = (sessionId: string) => void;

/** Returns a publisher that also calls `notify` for each session whose status changed. */
export function withNotifications(live: LivePublisher, notify: NotifyOfChange): LivePublisher {
  return {
    ...live,
    statusChanged(session) {
      live.statusChanged(session);
      notify(session.id);
    },
  };
}

/** Returns stop requests that also call `notify` for each session that they cancelled. */
export function withStopNotifications(
  requests: StopRequests,
  notify: NotifyOfChange,
): StopRequests {
  const notifying = (request: StopRequests['requestCancel']) => async (id: string) => {
    const session = await request(id);
    if (session.status === 'cancelled') notify(id);
    return session;
  };
  return {
    ...requests,
    requestCancel: notifying(requests.requestCancel),
    requestInterrupt: notifying(requests.requestInterrupt),
  };
}
