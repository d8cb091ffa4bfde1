import type { StatusChange } from './api-types.ts';
import { streamMessages } from './message-stream.ts';
import type { Settings } from './options.ts';

/**
 * What is streamed of all sessions. `live` says that what changes from now on is told, at first and after
 * each time the stream broke off: what changed before is to be read from the list.
 */
export type StreamedStatus = { kind: 'live' } | { kind: 'status'; change: StatusChange };

/** Which changes are streamed. */
export interface StatusOptions {
  /** Only sessions with this tag. */
  tag?: string | undefined;
  /** Ends the iteration, which throws the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** The changes of status of all sessions from now on, without end. */
export async function* statusChanges(
  settings: Settings,
  { tag, signal }: StatusOptions,
): AsyncGenerator<StreamedStatus, never> {
  const call = { path: 'v1/events', query: { tag }, signal };
  for await (const { event, data } of streamMessages(settings, call)) {
    if (event === 'live') yield { kind: 'live' };
    if (event === 'status') yield { kind: 'status', change: JSON.parse(data) };
  }
  throw new Error('a stream without end has ended');
}
