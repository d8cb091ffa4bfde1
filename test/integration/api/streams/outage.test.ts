// While Redis or MongoDB is away, streams are late but not wrong.
import { expect, onTestFinished } from 'vitest';
import { databaseUrl, openApi } from '../../../support/api.ts';
import { makeSession } from '../../../support/factories.ts';
import { createGate } from '../../../support/gate.ts';
import { redisUrl } from '../../../support/services.ts';
import { openStream } from '../../../support/sse.ts';
import { untilPasses } from '../../../support/wait.ts';
import { claimAndWrite } from '../../../support/writing.ts';
import { ids, NEVER_MS, start, tail, test, upTo } from './streams.ts';

test('once Redis is back, a stream sends the events that were written while Redis was away', async ({
  api,
  databaseName,
  queuePrefix,
}) => {
  const gate = await createGate(redisUrl());
  onTestFinished(gate.close);
  const mongodb = databaseUrl(databaseName);
  const times = { pollMs: NEVER_MS };
  const behind = await openApi({ redis: gate.url, mongodb, prefix: queuePrefix, times });
  onTestFinished(behind.close);
  const url = await behind.app.listen({ host: '127.0.0.1', port: 0 });
  const writing = await start(api);
  const reader = await tail(url, writing.session.id);
  const statuses = await openStream(`${url}/v1/events`);
  onTestFinished(() => statuses.close());
  expect(await statuses.next()).toMatchObject({ event: 'live' });
  await writing.write(1);
  expect(await reader.next()).toMatchObject({ id: '1' });
  await gate.shut();
  await writing.write(1);
  await writing.complete();
  const rest = reader.all();
  await gate.open();
  expect(ids(await rest)).toEqual(['2']);
  // Status changes are lost while Redis is away; a new `live` event reports that.
  expect(await statuses.next()).toMatchObject({ event: 'live' });
});

test('a stream waits for MongoDB and continues where it stopped', async ({
  api,
  databaseName,
  queuePrefix,
}) => {
  const gate = await createGate(databaseUrl(databaseName));
  onTestFinished(gate.close);
  const times = { pollMs: 200, heartbeatMs: 100 };
  const behind = await openApi({
    redis: redisUrl(),
    mongodb: gate.url,
    prefix: queuePrefix,
    times,
  });
  onTestFinished(behind.close);
  const url = await behind.app.listen({ host: '127.0.0.1', port: 0 });
  const { id } = await api.stores.sessions.insertIfAbsent(makeSession());
  const writing = await claimAndWrite(api.stores, id, api.queue.live);
  await writing.write(2);
  const reader = await tail(url, id);
  const received = reader.all();
  await untilPasses(() => expect(reader.comments()).toBeGreaterThan(0));
  await gate.shut();
  const heartbeats = reader.comments();
  await writing.write(3);
  await untilPasses(() => expect(reader.comments()).toBeGreaterThan(heartbeats + 5));
  await gate.open();
  await writing.complete();
  expect(ids(await received)).toEqual(upTo(5));
});
