import { newId, PENDING_MAX_BYTES, PENDING_MAX_MESSAGES } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import {
  findMessageRefusal,
  type MessageHolder,
  toMessageFacts,
} from '../../../../../packages/core/src/model/session/pending-message.ts';

const message = { id: newId(), bytes: 10 };
const others = (count: number, bytes = 1) =>
  Array.from({ length: count }, () => ({ id: newId(), bytes }));

const running = { status: 'running', lease: { takes_messages: true } } as const;

describe('a session', () => {
  test.for<[string, MessageHolder, number | undefined]>([
    ['is queued and has no messages', { status: 'queued' }, undefined],
    [
      'has room for one more message',
      { ...running, pending_messages: others(PENDING_MAX_MESSAGES - 1) },
      undefined,
    ],
    [
      'has room for exactly these bytes',
      { ...running, status: 'starting', pending_messages: others(1, PENDING_MAX_BYTES - 10) },
      undefined,
    ],
    ['has accepted as many messages as expected', { ...running, messages_accepted: 2 }, 2],
    ['has accepted no message, as expected', { ...running }, 0],
  ])('that %s accepts a message', ([, session, before]) => {
    expect(findMessageRefusal(session, message, before)).toBeNull();
  });

  test.for<[string, MessageHolder | null, number | undefined, object]>([
    ['does not exist', null, undefined, { kind: 'missing' }],
    ['has ended', { status: 'failed' }, undefined, { kind: 'ended', status: 'failed' }],
    [
      'has the message already',
      { ...running, pending_messages: [message] },
      undefined,
      { kind: 'known' },
    ],
    [
      'ended with the message',
      { status: 'cancelled', pending_messages: [message] },
      undefined,
      { kind: 'known' },
    ],
    [
      'has as many messages as it may have',
      { ...running, pending_messages: others(PENDING_MAX_MESSAGES) },
      undefined,
      { kind: 'full', over: 'messages', messages: 100, bytes: 100 },
    ],
    [
      'has room for one byte less',
      { ...running, pending_messages: others(1, PENDING_MAX_BYTES - 9) },
      undefined,
      { kind: 'full', over: 'bytes', messages: 1, bytes: PENDING_MAX_BYTES - 9 },
    ],
    [
      'runs on a worker of an older version',
      { status: 'running' },
      undefined,
      { kind: 'outdated' },
    ],
    [
      'has accepted another message since',
      { ...running, messages_accepted: 3 },
      2,
      { kind: 'raced' },
    ],
  ])('that %s refuses a message and says why', ([, session, before, refusal]) => {
    expect(findMessageRefusal(session, message, before)).toEqual(refusal);
  });
});

describe('the view of a session', () => {
  const [first, second] = others(2) as [
    { id: string; bytes: number },
    { id: string; bytes: number },
  ];
  test.for<[string, MessageHolder, object]>([
    ['with no messages has neither fact', { status: 'running' }, {}],
    ['with an empty list has neither fact', { status: 'failed', pending_messages: [] }, {}],
    [
      'that is live counts its messages',
      { status: 'queued', pending_messages: [first, second] },
      { queued_messages: 2 },
    ],
    [
      'that has ended lists its messages',
      { status: 'completed', pending_messages: [first, second] },
      { undelivered_messages: [first.id, second.id] },
    ],
  ])('of a session %s', ([, session, facts]) => {
    expect(toMessageFacts(session)).toEqual(facts);
  });
});
