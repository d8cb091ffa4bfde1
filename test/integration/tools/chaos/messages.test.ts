// The clients that send messages, and the audit of what real workers made of these messages.
import { join } from 'node:path';
import { defined, type MessagePriority, newId } from '@baton/core/internal';
import { expect } from 'vitest';
import type { Evidence } from '../../../../tools/chaos/audit/evidence.ts';
import { audit } from '../../../../tools/chaos/audit.ts';
import { gather } from '../../../../tools/chaos/gather.ts';
import { createMessageClients } from '../../../../tools/chaos/messages.ts';
import type { PlannedSession } from '../../../../tools/chaos/plan.ts';
import { fakePrompt } from '../../../fake-claude/install.ts';
import { type Fleet, test } from '../../../support/fleet.ts';
import { asMongo } from '../../../support/stores.ts';

function planSession(marks: number): PlannedSession {
  const [id, turnMs] = [newId(), 100];
  const query = fakePrompt([{ marks: id, to: marks, turn_ms: turnMs }]);
  return { id, atMs: 0, marks, turnMs, query, isRedisOnly: false, isContinue: false };
}

/** Launches the session, and returns clients that send messages to it. */
async function begin({ baton }: Fleet, session: PlannedSession) {
  const { id, query } = session;
  await baton.manager.launchSession({ query, recovery: { max_crashes: 9 } }, { id });
  const { messages } = baton;
  const clients = createMessageClients({
    messages,
    launched: () => [session],
    hasEnded: () => false,
  });
  const send = (n: number, priority: MessagePriority, takeBackAfterMs?: number) =>
    clients.send({
      n,
      atMs: 0,
      pick: 0,
      isBlind: false,
      priority,
      ...defined({ takeBackAfterMs }),
    });
  return { answered: clients.answered, send };
}

async function evidenceOf(
  fleet: Fleet,
  session: PlannedSession,
  answered: Awaited<ReturnType<typeof begin>>['answered'],
): Promise<Evidence> {
  const { baton, db, root } = fleet;
  const parts = { mongo: asMongo(db), stores: baton.stores, lists: baton.messages };
  const found = await gather(parts, {
    areSeparate: false,
    workRoots: new Map([['', join(root, 'work')]]),
  });
  return {
    ...found,
    planned: new Map([[session.id, session]]),
    cancels: new Map(),
    messages: [...answered.values()],
    shown: new Map(),
    finals: new Map(),
    processes: [],
    folders: [],
    workers: [],
  };
}

test('each message is delivered once although the worker of its session dies, and a message that comes late is refused', async ({
  fleet: shared,
  onTestFinished,
}) => {
  const fleet = shared.sibling(onTestFinished);
  const first = await fleet.worker();
  const session = planSession(12);
  const { answered, send } = await begin(fleet, session);
  await fleet.until(session.id, 'running', ({ last_event_seq }) => last_event_seq > 2);
  await Promise.all([send(1, 'next'), send(2, 'later'), send(3, 'later'), send(4, 'now')]);
  await fleet.until(session.id, 'with a message', () => answered.size === 4);
  first.kill();
  await fleet.worker();
  await send(5, 'next');
  const { status } = await fleet.ended(session.id);
  await send(6, 'next');

  const evidence = await evidenceOf(fleet, session, answered);
  expect(audit(evidence)).toEqual([]);
  expect(status).toBe('completed');
  expect(evidence.messages.map(({ answer }) => 'refused' in answer && answer.refused)).toEqual([
    false,
    false,
    false,
    false,
    false,
    'SESSION_TERMINAL',
  ]);
  expect([...(evidence.said.get(session.id) ?? [])].sort()).toEqual([1, 2, 3, 4, 5]);
});

test('a message that is taken back is in no transcript, and a message to a cancelled session is undelivered', async ({
  fleet: shared,
  onTestFinished,
}) => {
  const fleet = shared.sibling(onTestFinished);
  const session = planSession(3);
  const { answered, send } = await begin(fleet, session);
  await send(1, 'next', 0);
  await send(2, 'next');
  await fleet.baton.stop.cancelSession(session.id);

  const evidence = await evidenceOf(fleet, session, answered);
  expect(audit({ ...evidence, cancels: new Map([[session.id, true]]) })).toEqual([]);
  const statuses = evidence.views.get(session.id)?.map(({ status }) => status);
  expect(statuses).toEqual(['cancelled', 'undelivered']);
  expect(evidence.said.get(session.id)).toEqual([]);
});
