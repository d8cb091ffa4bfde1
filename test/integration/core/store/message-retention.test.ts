import { newId } from '@baton/core/internal';
import type { Db } from 'mongodb';
import { expect } from 'vitest';
import { makeSession } from '../../../support/factories.ts';
import { test } from '../stores.ts';

const raw = (db: Db) => db.collection<{ _id: string; accepting_since?: Date }>('messages');
const HOUR_MS = 3_600_000;

test('the retention removes only the messages that no session accepted', async ({ stores, db }) => {
  const { id: session_id } = await stores.sessions.insertIfAbsent(makeSession());
  const insert = async () => {
    const message = { id: newId(), session_id, root_session_id: session_id, content: 'hello' };
    return (await stores.messages.insertIfAbsent({ ...message, priority: 'next' })).id;
  };
  const pending = await insert();
  const delivered = await insert();
  const cancelled = await insert();
  const unaccepted = await insert();
  await stores.messageAcceptance.accept(session_id, { id: pending, bytes: 5 });
  const old = new Date(Date.now() - HOUR_MS - 60_000);
  // The processes that accepted these messages died before they could note it.
  await raw(db).updateOne({ _id: delivered }, { $set: { delivered_at: old } });
  await raw(db).updateOne({ _id: cancelled }, { $set: { cancelled_at: old } });
  await raw(db).updateMany({}, { $set: { accepting_since: old } });
  const young = await insert();

  expect(await stores.messageRetention.removeUnaccepted()).toBe(1);
  const left = await raw(db).find({}).toArray();
  expect(left.map(({ _id }) => _id).sort()).toEqual([pending, delivered, cancelled, young].sort());
  expect(left.find(({ _id }) => _id === young)).toHaveProperty('accepting_since');
  expect(left.filter(({ accepting_since }) => accepting_since)).toHaveLength(1);
  expect(await stores.messageRetention.removeUnaccepted()).toBe(0);

  // A caller has just tried again with an old message, so the retention leaves that message alone.
  await raw(db).updateOne({ _id: unaccepted }, { $set: { accepting_since: old } });
  await raw(db).updateOne({ _id: young }, { $set: { accepting_since: old } });
  const again = { id: young, session_id, root_session_id: session_id, content: 'hello' };
  await stores.messages.insertIfAbsent({ ...again, priority: 'next' });
  expect(await stores.messageRetention.removeUnaccepted()).toBe(0);
});
