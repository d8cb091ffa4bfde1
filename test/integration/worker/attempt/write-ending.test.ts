import { NO_TOTALS, newId, type Outcome, type PendingMessage } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { type EndingFacts, writeEnding } from '../../../../apps/worker/src/attempt/write-ending.ts';
import { makeSession } from '../../../support/factories.ts';
import { test as base } from '../../core/stores.ts';

const result = { type: 'result' as const, subtype: 'success', is_error: false };
const failure = { code: 'CONNECTION' as const, message: 'the API hung up', retryable: true };
const pending = (...ids: string[]): PendingMessage[] => ids.map((id) => ({ id, bytes: 1 }));

const test = base.extend('scene', async ({ stores }) => ({
  /** Claims a session whose result is stored and whose messages are pending and marked as sent. */
  async open(...ids: string[]) {
    const session = makeSession({ pending_messages: pending(...ids), last_result: result });
    await stores.sessions.insertIfAbsent(session);
    const owned = await stores.own(session.id);
    await owned.claimMessages({ later: true });
    const attempt = (await stores.sessions.get(session.id))?.attempts[0];
    if (!attempt) throw new Error('expected an attempt');
    const facts: EndingFacts = {
      attempt,
      now: new Date(),
      totals: NO_TOTALS,
      transcript: undefined,
      workspace: undefined,
      exitLateMs: undefined,
      hostFailures: undefined,
      counts: session.counts,
      mayLeaveMessages: false,
      wereDropped: (messages) => messages.length === 0,
      hasClaimedMessages: true,
      hasRun: true,
      retryAt: undefined,
    };
    return {
      id: session.id,
      read: () => stores.sessions.get(session.id),
      cancel: () => stores.stopRequests.requestCancel(session.id),
      withdraw: (message: string) => stores.messageAcceptance.withdraw(session.id, message),
      end: (outcome: Outcome, changes: Partial<EndingFacts> = {}) =>
        writeEnding(owned, outcome, { ...facts, ...changes }),
    };
  },
}));

const completed: Outcome = { kind: 'completed', result };

describe('an attempt that completed', () => {
  test('ends the session if no message is pending', async ({ scene }) => {
    const { end, read } = await scene.open();
    expect(await end(completed)).toEqual({ kind: 'ended', status: 'completed' });
    expect(await read()).toMatchObject({ status: 'completed', result });
  });

  test('returns the session with its result to the queue if a message is pending', async ({
    scene,
  }) => {
    const message = newId();
    const { end, read, withdraw } = await scene.open(message);
    for (let time = 0; time < 2; time += 1) {
      expect(await end(completed)).toEqual({ kind: 'handed_back' });
    }
    const session = await read();
    expect(session).toMatchObject({ status: 'queued', last_result: result });
    expect(session?.pending_messages).toEqual(pending(message));
    expect(await withdraw(message)).toBe('withdrawn');
  });

  test('keeps its answer if a cancel comes while a message is pending', async ({ scene }) => {
    const { end, read, cancel } = await scene.open(newId());
    await cancel();
    expect(await end(completed)).toEqual({ kind: 'ended', status: 'cancelled' });
    const session = await read();
    expect(session).toMatchObject({ status: 'cancelled', result });
    expect(session).not.toHaveProperty('last_result');
  });

  test('ends the session if the CLI dropped every pending message', async ({ scene }) => {
    const message = newId();
    const { end, read } = await scene.open(message);
    const wereDropped = (ids: readonly string[]) => ids.every((id) => id === message);
    expect(await end(completed, { wereDropped })).toEqual({ kind: 'ended', status: 'completed' });
    expect(await read()).toMatchObject({
      status: 'completed',
      pending_messages: [{ id: message }],
    });
  });

  test('returns the session to the queue if the CLI dropped only one of two messages', async ({
    scene,
  }) => {
    const [dropped, other] = [newId(), newId()];
    const { end } = await scene.open(dropped, other);
    const wereDropped = (ids: readonly string[]) => ids.every((id) => id === dropped);
    expect(await end(completed, { wereDropped })).toEqual({ kind: 'handed_back' });
  });

  test('ends the session if its messages may stay undelivered', async ({ scene }) => {
    const { end } = await scene.open(newId());
    const ended = await end(completed, { mayLeaveMessages: true });
    expect(ended).toEqual({ kind: 'ended', status: 'completed' });
  });
});

const RETURNS: [string, Outcome, Partial<EndingFacts>][] = [
  ['a retry', { kind: 'failed', failure }, { retryAt: new Date(0) }],
  ['a hand-back', { kind: 'handed_back' }, {}],
  ['a host failure', { kind: 'host_failure', failure, waitMs: 0 }, {}],
];

describe('a return to the queue', () => {
  test.for(RETURNS)(
    'lets callers take back a message after %s',
    async ([, outcome, changes], { scene }) => {
      const message = newId();
      const { end, read, withdraw } = await scene.open(message);
      await end(outcome, changes);
      const session = await read();
      expect(session).toMatchObject({ status: 'queued', pending_messages: pending(message) });
      expect(session?.pending_messages?.[0]).not.toHaveProperty('sent_by');
      expect(await withdraw(message)).toBe('withdrawn');
    },
  );

  test.for([
    [true, undefined],
    [false, result],
  ] as const)(
    'keeps the last result only if no process ran (ran: %s)',
    async ([hasRun, kept], { scene }) => {
      const { end, read } = await scene.open(newId());
      await end({ kind: 'handed_back' }, { hasRun });
      expect((await read())?.last_result).toEqual(kept);
    },
  );
});
