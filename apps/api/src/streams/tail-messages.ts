import { assertNever, defined, type TailItem, toEventView, withMark } from '@baton/core/internal';
import type { Message } from './event-stream.ts';

// A stream names each event after its type, which the CLI chooses. Baton or browsers use these
// names for other messages.
const RESERVED_TYPES = new Set([
  'end',
  'error',
  'live',
  'message',
  'open',
  'partial',
  'reset',
  'status',
]);

/** Returns the name of an event in a stream: its type, or `other` if the type cannot be a name. */
export function eventName(type: string): string {
  return /^[\w.-]+$/.test(type) && !RESERVED_TYPES.has(type) ? type : 'other';
}

/**
 * Converts the items of a tail to messages. `withSessionId` adds the session_id to each event, and
 * `mark` is the suffix of each id.
 */
export async function* tailMessages(
  items: AsyncIterable<TailItem>,
  withSessionId: boolean,
  mark = '',
): AsyncGenerator<Message[]> {
  for await (const item of items) yield toMessages(item, withSessionId, mark);
}

function toMessages(item: TailItem, withSessionId: boolean, mark: string): Message[] {
  switch (item.kind) {
    case 'events':
      return item.events.map(({ id, event }) => ({
        id: withMark(id, mark),
        event: eventName(event.type),
        data: {
          ...defined({ session_id: withSessionId ? event.session_id : undefined }),
          ...toEventView(event),
        },
      }));
    case 'partials':
      return item.lines.map((line) => ({ event: 'partial', data: line }));
    case 'end': {
      const { kind: _kind, ...end } = item;
      return [{ event: 'end', data: end }];
    }
    default:
      return assertNever(item);
  }
}
