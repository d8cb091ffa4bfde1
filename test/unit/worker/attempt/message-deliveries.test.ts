import type { DeliveredMessage, Message } from '@baton/core/internal';
import { describe, expect, test, vi } from 'vitest';
import { createDeliveries } from '../../../../apps/worker/src/attempt/message-deliveries.ts';
import type { RecordedLine } from '../../../../apps/worker/src/attempt/recorded-line.ts';
import { parseLine } from '../../../../apps/worker/src/claude/line.ts';

const FENCE = 3;

const message = (id: string): Message => ({
  id,
  session_id: 's',
  root_session_id: 's',
  content: `text of ${id}`,
  priority: 'next',
  created_at: new Date(0),
});

const lifecycle = (command_uuid: string, state: string) =>
  parseLine(JSON.stringify({ type: 'command_lifecycle', command_uuid, state }));

/** Deliveries of an attempt that has recorded seven events. */
function makeDeliveries(...sent: string[]) {
  const recorded: RecordedLine[] = [];
  const giveUp = new AbortController();
  const setDelivered = vi.fn(async (_messages: readonly DeliveredMessage[], _fence: number) => {});
  const deliveries = createDeliveries(
    {
      messages: { setDelivered },
      recorder: {
        record: (line) => void recorded.push(line),
        get seq() {
          return 7 + recorded.length;
        },
      },
      masker: { line: (raw) => raw.replace('secret', '******') },
      fence: FENCE,
      textOf: (content) => `secret ${content}`,
      giveUp: giveUp.signal,
      onError: () => giveUp.abort(),
    },
    () => 'conversation',
  );
  for (const id of sent) deliveries.sent(message(id));
  return { deliveries, recorded, setDelivered };
}

describe('a message that was written', () => {
  test('is recorded as an event when a turn takes it, and once only', () => {
    const { deliveries, recorded } = makeDeliveries('a');
    deliveries.observe(lifecycle('a', 'queued'));
    expect(recorded).toEqual([]);
    deliveries.observe(lifecycle('a', 'started'));
    deliveries.observe(lifecycle('a', 'started'));
    deliveries.observe(lifecycle('a', 'completed'));
    expect(recorded).toHaveLength(1);
    const [line] = recorded;
    expect(line).toMatchObject({ type: 'user', subtype: 'message' });
    expect(JSON.parse(line?.raw ?? '')).toMatchObject({
      uuid: 'a',
      session_id: 'conversation',
      message: { role: 'user', content: '****** text of a' },
    });
  });

  test('is not delivered while only the transcript holds it', async () => {
    const { deliveries, setDelivered } = makeDeliveries('a');
    deliveries.foundInTranscript(['a']);
    expect(await deliveries.settle({ all: false })).toEqual([]);
    expect(setDelivered).not.toHaveBeenCalled();
    expect(deliveries.isExpecting()).toBe(true);
  });

  test.for([false, true])(
    'is not delivered while only an event shows it (all: %s)',
    async (all) => {
      const { deliveries, setDelivered } = makeDeliveries('a');
      deliveries.observe(lifecycle('a', 'started'));
      expect(await deliveries.settle({ all })).toEqual([]);
      expect(setDelivered).not.toHaveBeenCalled();
      expect(deliveries.isExpecting()).toBe(true);
    },
  );

  test('is delivered with the number of its event once the transcript holds it too', async () => {
    const { deliveries, setDelivered } = makeDeliveries('a', 'b');
    deliveries.observe(lifecycle('b', 'started'));
    deliveries.observe(lifecycle('a', 'started'));
    deliveries.foundInTranscript(['a']);
    expect(await deliveries.settle({ all: false })).toEqual([{ id: 'a', seq: 9 }]);
    expect(setDelivered.mock.calls).toEqual([[[{ id: 'a', seq: 9 }], FENCE]]);
    deliveries.foundInTranscript(['a', 'b']);
    expect(await deliveries.settle({ all: false })).toEqual([{ id: 'b', seq: 8 }]);
    expect(setDelivered.mock.calls[1]).toEqual([[{ id: 'b', seq: 8 }], FENCE]);
    expect(deliveries.isExpecting()).toBe(false);
  });

  test('is recorded and delivered with `all` if only the transcript holds it', async () => {
    const { deliveries, recorded, setDelivered } = makeDeliveries('a');
    deliveries.foundInTranscript(['a']);
    expect(await deliveries.settle({ all: true })).toEqual([{ id: 'a', seq: 8 }]);
    expect(recorded).toHaveLength(1);
    expect(setDelivered.mock.calls).toEqual([[[{ id: 'a', seq: 8 }], FENCE]]);
  });

  test('is delivered with `all` if its turn is over', async () => {
    const { deliveries, recorded } = makeDeliveries('a');
    deliveries.observe(lifecycle('a', 'started'));
    deliveries.observe(lifecycle('a', 'completed'));
    expect(await deliveries.settle({ all: false })).toEqual([]);
    expect(await deliveries.settle({ all: true })).toEqual([{ id: 'a', seq: 8 }]);
    expect(recorded).toHaveLength(1);
  });

  test('stays expected if the attempt must not write any more', async () => {
    const { deliveries, setDelivered } = makeDeliveries('a');
    setDelivered.mockRejectedValue(new Error('away'));
    deliveries.foundInTranscript(['a']);
    expect(await deliveries.settle({ all: true })).toEqual([]);
    expect(setDelivered).toHaveBeenCalledOnce();
    expect(deliveries.isExpecting()).toBe(true);
  });
});

test('a message that this attempt did not write is neither recorded nor delivered', async () => {
  const { deliveries, recorded, setDelivered } = makeDeliveries();
  deliveries.observe(lifecycle('a', 'started'));
  deliveries.observe(lifecycle('a', 'completed'));
  deliveries.foundInTranscript(['a']);
  expect(await deliveries.settle({ all: true })).toEqual([]);
  expect([recorded, setDelivered.mock.calls]).toEqual([[], []]);
  expect(deliveries.isExpecting()).toBe(false);
});
