// What moves sessions also tells that it did. Telling is a hint: word of the move stands on the document.
import type { LivePublisher } from '../queue/live.ts';
import type { StopRequests } from '../store/stop-requests.ts';

/** Hears of a session that has moved; neither waits nor fails. */
export type NotifyOfChange = (sessionId: string) => void;

/** A publisher that also tells `tell` of each session that has moved. */
export function withNotifications(live: LivePublisher, notify: NotifyOfChange): LivePublisher {
  return {
    ...live,
    statusChanged(session) {
      live.statusChanged(session);
      notify(session.id);
    },
  };
}

/** Requests to stop that tell of the sessions which they cancelled. */
export function withStopNotifications(
  requests: StopRequests,
  notify: NotifyOfChange,
): StopRequests {
  const telling = (request: StopRequests['requestCancel']) => async (id: string) => {
    const session = await request(id);
    if (session.status === 'cancelled') notify(id);
    return session;
  };
  return {
    requestCancel: telling(requests.requestCancel),
    requestInterrupt: telling(requests.requestInterrupt),
  };
}
