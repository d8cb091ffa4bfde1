import { assertNever, defined, type TailItem, toEventView, withMark } from '@baton/core/internal';
import type { Message } from './event-stream.ts';

// An event is named by its type, which is whatever the CLI said. These names are Baton's or the browser's.
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

/** The name of an event in a stream: its type, or `other` where that cannot be a name. */
export function eventName(type: string): string {
  return /^[\w.-]+$/.test(type) && !RESERVED_TYPES.has(type) ? type : 'other';
}

/** The items of a tail as messages. `withSessionId`: whether each event names its session; `mark`: the suffix of each id. */
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
