import type { Message, MessagePriority, PendingMessage } from '@baton/core/internal';
import { describe, expect, test, vi } from 'vitest';
import { createMessageRelay } from '../../../../apps/worker/src/attempt/message-relay.ts';
import { waitFor } from '../../../support/wait.ts';

const FENCE = 3;

/**
 * A relay over a session in memory, with a process that is idle. `isIdle` and `mayTakeMore` may be
 * changed.
 */
function makeScene() {
  const documents = new Map<string, Message>();
  let pending: PendingMessage[] = [];
  const process = { isIdle: true, mayTakeMore: true, waiting: [] as string[] };
  const written: string[] = [];
  const giveUp = new AbortController();
  const owned = {
    fence: FENCE,
    claimMessages: vi.fn(async ({ later }: { later: boolean }) => {
      pending = pending.map((one) =>
        later || one.priority !== 'later' ? { ...one, sent_by: FENCE } : one,
      );
      return pending.length > 0 ? pending : null;
    }),
    dropMessages: vi.fn(async (ids: readonly string[]) => {
      pending = pending.filter(({ id }) => !ids.includes(id));
      return {};
    }),
  };
  const messages = {
    getMany: vi.fn(async (ids: readonly string[]) => ids.flatMap((id) => documents.get(id) ?? [])),
    setDelivered: async () => {},
  };
  const onMissing = vi.fn();
  const onIdle = vi.fn();
  const relay = createMessageRelay({
    owned,
    messages,
    recorder: { record: () => undefined, seq: 0 },
    masker: { line: (raw) => raw },
    onMissing,
    textOf: (content) => `text: ${content}`,
    giveUp: giveUp.signal,
    onError: () => giveUp.abort(),
  });
  const target = {
    input: {
      send: vi.fn(({ uuid }: { uuid: string }) => {
        written.push(uuid);
        return true;
      }),
    },
    work: {
      sent: (uuid: string) => void process.waiting.push(uuid),
      waiting: () => process.waiting,
      isIdle: () => process.isIdle,
    },
    claudeSessionId: () => 'conversation',
    mayTakeMore: () => process.mayTakeMore,
    onIdle,
  };
  return {
    relay,
    process,
    written,
    owned,
    messages,
    documents,
    onMissing,
    onIdle,
    target,
    connect: () => relay.connect(target),
    /** A caller sends a message. */
    accept(id: string, priority: MessagePriority = 'next') {
      const content = id;
      const ids = { id, session_id: 's', root_session_id: 's' };
      documents.set(id, { ...ids, content, priority, created_at: new Date(0) });
      pending.push({ id, bytes: content.length, priority });
    },
    /** Tells the relay what is pending, as each write does, and waits until the relay rests. */
    async look() {
      relay.pendingChanged(pending);
      await this.rest();
    },
    rest: () => waitFor('the relay to rest', () => !relay.isSending()),
  };
}

describe('a message for a running process', () => {
  test.for(['next', 'now'] as const)(
    'is written at once during a turn with the priority %s',
    async (priority) => {
      const scene = makeScene();
      scene.connect();
      scene.process.isIdle = false;
      scene.accept('a', priority);
      await scene.look();
      const line = { uuid: 'a', text: 'text: a', priority };
      expect(scene.target.input.send.mock.calls).toEqual([[line]]);
      expect(scene.process.waiting).toEqual(['a']);
      expect(scene.onIdle).toHaveBeenCalledOnce();
    },
  );

  test('is written at once with the priority later if no turn runs', async () => {
    const scene = makeScene();
    scene.connect();
    scene.accept('a', 'later');
    await scene.look();
    expect(scene.written).toEqual(['a']);
  });

  test('waits for the end of the turn with the priority later', async () => {
    const scene = makeScene();
    scene.connect();
    scene.process.isIdle = false;
    scene.accept('a', 'later');
    await scene.look();
    expect(scene.owned.claimMessages).not.toHaveBeenCalled();
    scene.process.isIdle = true;
    scene.relay.turnEnded();
    await scene.rest();
    expect(scene.written).toEqual(['a']);
  });

  test('with the priority later is left alone by a message that is written at once', async () => {
    const scene = makeScene();
    scene.connect();
    scene.process.isIdle = false;
    scene.accept('a', 'later');
    scene.accept('b');
    scene.relay.wake();
    await scene.rest();
    expect(scene.owned.claimMessages.mock.calls).toEqual([[{ later: false }]]);
    expect(scene.written).toEqual(['b']);
    scene.process.isIdle = true;
    scene.relay.turnEnded();
    await scene.rest();
    expect(scene.written).toEqual(['b', 'a']);
  });

  test('is written once, however often the relay learns of it', async () => {
    const scene = makeScene();
    scene.connect();
    scene.accept('a');
    await scene.look();
    await scene.look();
    scene.relay.wake();
    await scene.rest();
    expect(scene.written).toEqual(['a']);
  });

  test('is not even claimed once the session may take no more', async () => {
    const scene = makeScene();
    scene.connect();
    scene.process.mayTakeMore = false;
    scene.accept('a');
    await scene.look();
    scene.relay.turnEnded();
    await scene.rest();
    expect(scene.owned.claimMessages).not.toHaveBeenCalled();
    expect(scene.relay.hasClaimed()).toBe(false);
  });

  test('is not written if the session may take no more once the message is loaded', async () => {
    const scene = makeScene();
    scene.connect();
    scene.accept('a');
    scene.messages.getMany.mockImplementationOnce(async () => {
      scene.process.mayTakeMore = false;
      return [...scene.documents.values()];
    });
    await scene.look();
    expect(scene.written).toEqual([]);
    expect([scene.relay.hasSent(), scene.relay.hasClaimed()]).toEqual([false, true]);
    expect(scene.relay.hasSentAll(['a'])).toBe(false);
  });

  test('is not sent if stdin is closed', async () => {
    const scene = makeScene();
    scene.connect();
    scene.target.input.send.mockReturnValue(false);
    scene.accept('a');
    await scene.look();
    expect([scene.relay.hasSent(), scene.relay.isExpecting()]).toEqual([false, false]);
  });
});

test('a message without a document is dropped and reported, and the others are written', async () => {
  const scene = makeScene();
  scene.connect();
  for (const id of ['a', 'b', 'c']) scene.accept(id);
  scene.documents.delete('b');
  await scene.look();
  expect(scene.written).toEqual(['a', 'c']);
  expect(scene.onMissing.mock.calls).toEqual([[['b']]]);
  expect(scene.owned.dropMessages.mock.calls).toEqual([[['b']]]);
});

describe('a message that was accepted before the process', () => {
  test('is loaded, and written when the process starts', async () => {
    const scene = makeScene();
    scene.accept('a');
    scene.accept('b', 'later');
    expect(await scene.relay.load({ later: true })).toBe(2);
    expect(scene.written).toEqual([]);
    scene.connect();
    expect(scene.written).toEqual(['a', 'b']);
    expect(scene.relay.hasSent()).toBe(true);
  });

  test('is written if the relay was woken after it had loaded', async () => {
    const scene = makeScene();
    expect(await scene.relay.load({ later: true })).toBe(0);
    scene.accept('a');
    await scene.look();
    scene.connect();
    await scene.rest();
    expect(scene.written).toEqual(['a']);
  });

  test('stays loaded if the session may take no more', async () => {
    const scene = makeScene();
    scene.accept('a');
    await scene.relay.load({ later: true });
    scene.process.mayTakeMore = false;
    scene.connect();
    expect(scene.written).toEqual([]);
    expect(scene.relay.hasClaimed()).toBe(true);
  });
});

test('the relay has sent all messages once the CLI has read each of them', async () => {
  const scene = makeScene();
  scene.connect();
  for (const id of ['a', 'b']) scene.accept(id);
  await scene.look();
  expect(scene.relay.hasSentAll(['a', 'b'])).toBe(false);
  scene.process.waiting = ['b'];
  expect(scene.relay.hasSentAll(['a'])).toBe(true);
  expect(scene.relay.hasSentAll(['a', 'b'])).toBe(false);
  scene.process.waiting = [];
  expect(scene.relay.hasSentAll(['a', 'b'])).toBe(true);
  expect(scene.relay.hasSentAll(['a', 'other'])).toBe(false);
});

test('a wake during a running send is not lost', async () => {
  const scene = makeScene();
  scene.connect();
  scene.accept('a');
  const claimed = Promise.withResolvers<PendingMessage[]>();
  scene.owned.claimMessages.mockReturnValueOnce(claimed.promise);
  scene.relay.wake();
  scene.accept('b');
  scene.relay.wake();
  expect(scene.relay.isSending()).toBe(true);
  claimed.resolve([{ id: 'a', bytes: 1, sent_by: FENCE }]);
  await scene.rest();
  expect(scene.written).toEqual(['a', 'b']);
  expect(scene.owned.claimMessages).toHaveBeenCalledTimes(2);
});

test('a wake at the last write of a send is not lost', async () => {
  const scene = makeScene();
  scene.connect();
  scene.accept('a');
  scene.target.input.send.mockImplementationOnce(({ uuid }) => {
    scene.written.push(uuid);
    scene.accept('b');
    scene.relay.wake();
    return true;
  });
  await scene.look();
  expect(scene.written).toEqual(['a', 'b']);
});

test.for(['claimMessages', 'getMany', 'dropMessages'] as const)(
  'a relay whose attempt gives up during %s writes nothing and comes to rest',
  async (name) => {
    const scene = makeScene();
    scene.connect();
    scene.accept('a');
    if (name === 'dropMessages') scene.documents.clear();
    const failing = { ...scene.owned, ...scene.messages }[name];
    failing.mockRejectedValue(new Error('the store is away'));
    await scene.look();
    expect(failing).toHaveBeenCalledOnce();
    expect(scene.written).toEqual([]);
    expect(scene.onIdle).toHaveBeenCalledOnce();
    expect(await scene.relay.load({ later: true })).toBe(0);
  },
);
