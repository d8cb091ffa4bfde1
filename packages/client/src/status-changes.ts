import type { StatusChange } from './api-types.ts';
import { streamMessages } from './message-stream.ts';
import type { Settings } from './options.ts';

/**
 * A message of the status stream. `live` is sent at the start and after every gap. After `live`,
 * read the list of sessions again, because the stream carries only later changes.
 */
export type StreamedStatus = { kind: 'live' } | { kind: 'status'; change: StatusChange };

/** Selects the status changes of a stream. */
export interface StatusOptions {
  /** If set, the stream has only changes of sessions with this tag. */
  tag?: string | undefined;
  /** Stops the iteration, which then throws the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** Streams the status changes of all sessions from now on. The stream has no end. */
export async function* statusChanges(
  settings: Settings,
  { tag, signal }: StatusOptions,
): AsyncGenerator<StreamedStatus, never> {
  const call = { path: 'v1/events', query: { tag }, signal };
  for await (const { event, data } of streamMessages(settings, call)) {
    if (event === 'live') yield { kind: 'live' };
    if (event === 'status') yield { kind: 'status', change: JSON.parse(data) };
  }
  throw new Error('the stream of status changes ended, although it has no end');
}
