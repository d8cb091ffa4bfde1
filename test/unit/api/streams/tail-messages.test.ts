import { describe, expect, test } from 'vitest';
import { formatMessage } from '../../../../apps/api/src/streams/event-stream.ts';
import { eventName } from '../../../../apps/api/src/streams/tail-messages.ts';

describe('a stream message', () => {
  test('has an id, an event name and one line of JSON', () => {
    const message = { id: '7', event: 'user', data: { text: 'a\nb\r\nc' } };
    expect(formatMessage(message)).toBe('id: 7\nevent: user\ndata: {"text":"a\\nb\\r\\nc"}\n\n');
    expect(formatMessage({ event: 'end', data: {} })).toBe('event: end\ndata: {}\n\n');
  });

  test.each([
    ['assistant', 'assistant'],
    ['rate_limit_event', 'rate_limit_event'],
    ['end', 'other'],
    ['error', 'other'],
    ['partial', 'other'],
    ['', 'other'],
    ['a\ndata: x', 'other'],
  ])('of the type %j has the event name %s', (type, name) => {
    expect(eventName(type)).toBe(name);
  });
});
