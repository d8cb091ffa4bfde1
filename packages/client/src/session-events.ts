import type { Event, SessionStatus } from './api-types.ts';
import { streamMessages } from './message-stream.ts';
import type { Settings } from './options.ts';
import { sessionPath } from './session-path.ts';

/** A line that grows an answer: streamed where the session has `include_partial_messages`, stored nowhere. */
export interface PartialLine {
  session_id: string;
  attempt: number;
  raw: string;
}

/**
 * What is streamed of a session. `id` resumes after the event; `end` comes last. `reset`: the session was
 * deleted and made again since the event that was to be resumed after, and all its events come.
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

/** Where a stream of events begins, and how far it goes. */
export interface EventOptions {
  /** Only events above this seq. */
  after?: number | undefined;
  /** The `start_time` of the session that `after` counts in: a session that was made again since is read from its first event on. */
  startTime?: string | undefined;
  /** Only what comes after the event with this `id`. */
  lastEventId?: string | undefined;
  /** Goes on into the sessions that continue this one, until all have ended; each event tells its session. */
  follow?: 'conversation' | undefined;
  /** Ends the iteration, which throws the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** The events of a session, those there are and those to come, each once, until it has ended. */
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
