import { z } from 'zod';
import { AppError } from '../errors/app-error.ts';
import type { Event } from './event.ts';

/**
 * Schema of the place in the parent at which a continue with `at` begins: after the event `seq`.
 * `uuid` is the uuid in that event's line.
 */
export const continuePointSchema = z.object({
  seq: z.int().positive(),
  uuid: z.string(),
});

/** The place in the parent at which a continue with `at` begins. */
export type ContinuePoint = z.infer<typeof continuePointSchema>;

interface Parent {
  id: string;
  last_event_seq: number;
  superseded?: readonly { from: number; to: number }[] | undefined;
}

/**
 * Returns the place after the event `seq` of a parent; `event` is that event as it is stored.
 * Throws EVENT_NOT_FOUND if the parent has no such event, and EVENT_NOT_IN_TRANSCRIPT if a
 * conversation cannot continue from it: only a whole `assistant` or `user` line of the session
 * itself has a place in its transcript. Both errors name the field `at`.
 */
export function parseContinuePoint(
  parent: Parent,
  seq: number,
  event: Event | undefined,
): ContinuePoint {
  if (!event || seq > parent.last_event_seq) {
    throw refused(
      'EVENT_NOT_FOUND',
      `expected the seq of an event of session ${parent.id}, got ${seq}`,
    );
  }
  const isSuperseded = parent.superseded?.some(({ from, to }) => from <= seq && seq <= to) ?? false;
  if (isSuperseded) {
    throw refused(
      'EVENT_NOT_IN_TRANSCRIPT',
      `expected an event that counts; event ${seq} is superseded, because a later attempt did that part again`,
    );
  }
  const uuid = findUuid(event);
  if (uuid === null) {
    throw refused(
      'EVENT_NOT_IN_TRANSCRIPT',
      `expected an assistant or user event of the session itself, with a uuid; event ${seq} is not one`,
    );
  }
  return { seq, uuid };
}

/** Returns the error of a continue whose place is not in the transcript that was restored. */
export function continuePointMissing({ seq }: ContinuePoint): AppError {
  return refused(
    'EVENT_NOT_IN_TRANSCRIPT',
    `expected an event in the parent's saved transcript; event ${seq} is not there`,
  );
}

// A sub-agent's line has the id of the tool call that started the sub-agent; it is in the
// sub-agent's own transcript.
function findUuid({ type, raw }: Event): string | null {
  if (type !== 'assistant' && type !== 'user') return null;
  const line = parseJson(raw);
  const { uuid, parent_tool_use_id } = (line ?? {}) as Record<string, unknown>;
  const isOfSubAgent = parent_tool_use_id !== null && parent_tool_use_id !== undefined;
  return typeof uuid === 'string' && uuid !== '' && !isOfSubAgent ? uuid : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The line was cut, so its uuid is not known.
    return null;
  }
}

function refused(code: 'EVENT_NOT_FOUND' | 'EVENT_NOT_IN_TRANSCRIPT', message: string): AppError {
  return new AppError(code, `at: ${message}`, { details: { field: 'at' } });
}
