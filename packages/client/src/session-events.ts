import type { Event, SessionStatus } from './api-types.ts';
import { streamMessages } from './message-stream.ts';
import type { Settings } from './options.ts';
import { sessionPath } from './session-path.ts';

/**
 * A part of an answer, sent while Claude writes it. Only sessions with `include_partial_messages`
 * send partials. Baton does not store them.
 */
export interface PartialLine {
  session_id: string;
  attempt: number;
  raw: string;
}

/**
 * A message of a session's stream. Pass the `id` of an event as `lastEventId` to resume after that
 * event. `end` comes last. `reset` means that the position belongs to a deleted session whose id a
 * new session now has. All events of the new session follow.
 */
export type StreamedEvent =
  | { kind: 'event'; id: string; event: Event & { session_id?: string } }
  | { kind: 'partial'; line: PartialLine }
  | { kind: 'reset'; session_id: string; last_event_seq: number }
  | {
      kind: 'end';
      session_id: string;
      status: SessionStatus | 'deleted';
      last_event_seq: number;
    };

/** Selects where a stream of events begins, and which sessions it follows. */
export interface EventOptions {
  /** Streams only events with a higher seq. */
  after?: number | undefined;
  /**
   * The `start_time` of the session that `after` belongs to. If that session was deleted and a new
   * session has its id, the stream begins with the first event of the new session.
   */
  startTime?: string | undefined;
  /** Streams only events after the event with this `id`. */
  lastEventId?: string | undefined;
  /**
   * If set, the stream also follows the sessions that continue this session, until all followed
   * sessions have ended. Each event then has a `session_id`.
   */
  follow?: 'conversation' | undefined;
  /** Stops the iteration, which then throws the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** Streams the events of a session, past and new, each once, until the session has ended. */
export async function* sessionEvents(
  settings: Settings,
  id: string,
  { after, startTime, follow, ...resume }: EventOptions,
): AsyncGenerator<StreamedEvent, void> {
  const call = {
    path: `${sessionPath(id)}/events`,
    query: { after, start_time: startTime, follow },
    ...resume,
  };
  for await (const message of streamMessages(settings, call)) {
    const data = JSON.parse(message.data);
    if (message.event === 'end') {
      yield { kind: 'end', ...data };
      return;
    }
    if (message.event === 'reset') yield { kind: 'reset', ...data };
    else if (message.event === 'partial') yield { kind: 'partial', line: data };
    else if (message.id !== undefined) yield { kind: 'event', id: message.id, event: data };
  }
}
