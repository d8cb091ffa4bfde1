import { describe, expect, test } from 'vitest';
import { parseContinuePoint } from '../../../../../packages/core/src/model/session/continue-point.ts';
import type { Event } from '../../../../../packages/core/src/model/session/event.ts';
import { makeSession } from '../../../../support/factories.ts';

const UUID = '0197f0a0-1111-7000-8000-0000000000aa';
const parent = makeSession({
  last_event_seq: 9,
  superseded: [{ from: 6, to: 8 }],
});

function makeEvent(fields: Partial<Event>, line: unknown): Event {
  const event = { session_id: parent.id, seq: 4, attempt: 1, fence: 1, created_at: new Date() };
  const raw = typeof line === 'string' ? line : JSON.stringify(line);
  return { ...event, type: 'assistant', ...fields, raw };
}

const whole = { uuid: UUID, parent_tool_use_id: null };

describe('the place after an event of a parent', () => {
  test.each<[type: string, line: object]>([
    ['assistant', whole],
    ['user', whole],
    ['user', { uuid: UUID }],
  ])('of the type %s has its uuid: %#', (type, line) => {
    expect(parseContinuePoint(parent, 4, makeEvent({ type }, line))).toEqual({
      seq: 4,
      uuid: UUID,
    });
  });

  test.each<[what: string, seq: number, event: Event | undefined, code: string]>([
    ['that does not exist', 4, undefined, 'EVENT_NOT_FOUND'],
    ['that is not committed yet', 10, makeEvent({ seq: 10 }, whole), 'EVENT_NOT_FOUND'],
    ['that is superseded', 6, makeEvent({ seq: 6 }, whole), 'EVENT_NOT_IN_TRANSCRIPT'],
    ['of another type', 4, makeEvent({ type: 'system' }, whole), 'EVENT_NOT_IN_TRANSCRIPT'],
    ['without a uuid', 4, makeEvent({}, {}), 'EVENT_NOT_IN_TRANSCRIPT'],
    ['with an empty uuid', 4, makeEvent({}, { uuid: '' }), 'EVENT_NOT_IN_TRANSCRIPT'],
    [
      'of a sub-agent',
      4,
      makeEvent({}, { ...whole, parent_tool_use_id: 'toolu_1' }),
      'EVENT_NOT_IN_TRANSCRIPT',
    ],
    ['whose line was cut', 4, makeEvent({}, `{"uuid":"${UUID}"`), 'EVENT_NOT_IN_TRANSCRIPT'],
  ])('is refused for an event %s', (_what, seq, event, code) => {
    expect(() => parseContinuePoint(parent, seq, event)).toThrow(
      expect.objectContaining({ code, details: { field: 'at' } }),
    );
  });
});
