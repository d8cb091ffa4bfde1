import { type Message, messageRequestSchema, newId, toMessageView } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));
const message: Message = {
  id: newId(),
  session_id: newId(),
  root_session_id: newId(),
  content: 'use tabs',
  priority: 'next',
  created_at: at(0),
};
const pending = { pending_messages: [{ id: message.id, bytes: 8 }] };
const view = {
  id: message.id,
  session_id: message.session_id,
  content: 'use tabs',
  priority: 'next',
  created_at: '2026-01-01T00:00:00.000Z',
};

describe('the view of a message', () => {
  test('of a live session that still lists it says queued', () => {
    expect(toMessageView(message, { status: 'running', ...pending })).toEqual({
      ...view,
      status: 'queued',
    });
  });

  test('of an ended session that still lists it says undelivered', () => {
    expect(toMessageView(message, { status: 'failed', ...pending })).toEqual({
      ...view,
      status: 'undelivered',
    });
  });

  test('says queued if an attempt that was lost had delivered it', () => {
    const delivered = { ...message, delivered_at: at(1), seq: 7, cancelled_at: at(2) };
    expect(toMessageView(delivered, { status: 'queued', ...pending })).toEqual({
      ...view,
      status: 'queued',
    });
  });

  test('that was delivered has its time and its event', () => {
    const delivered = { ...message, delivered_at: at(1), seq: 7 };
    expect(toMessageView(delivered, { status: 'completed' })).toEqual({
      ...view,
      status: 'delivered',
      delivered_at: '2026-01-01T00:00:01.000Z',
      seq: 7,
    });
  });

  test('that was cancelled has its time', () => {
    expect(toMessageView({ ...message, cancelled_at: at(2) }, { status: 'running' })).toEqual({
      ...view,
      status: 'cancelled',
      cancelled_at: '2026-01-01T00:00:02.000Z',
    });
  });

  test('is null if the session never accepted the message', () => {
    expect(toMessageView(message, { status: 'running' })).toBeNull();
  });
});

describe('a request that sends a message', () => {
  test.for([[{ content: 'stop' }], [{ content: 'stop', priority: 'now', on_ended: 'continue' }]])(
    'with %j is valid',
    ([request]) => {
      expect(messageRequestSchema.safeParse(request).success).toBe(true);
    },
  );

  test.for([
    [{}],
    [{ content: '' }],
    [{ content: ' \n\t' }],
    [{ content: 'stop', priority: 'soon' }],
    [{ content: 'stop', on_ended: 'wait' }],
    [{ content: 'stop', id: newId() }],
  ])('with %j is refused', ([request]) => {
    expect(messageRequestSchema.safeParse(request).success).toBe(false);
  });
});
