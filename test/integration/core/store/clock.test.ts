import { createStoreClock } from '@baton/core/internal';
import { MongoClient } from 'mongodb';
import { expect, onTestFinished, vi } from 'vitest';
import { mongodbUrl } from '../../../support/services.ts';
import { test } from '../stores.ts';

test("the store clock returns the server's time", async ({ db }) => {
  const clock = createStoreClock(db);
  const before = await db.admin().command({ hello: 1 });
  const now = await clock.now();
  const after = await db.admin().command({ hello: 1 });
  // The tolerance covers rounding and half of a round trip.
  expect(now.getTime()).toBeGreaterThanOrEqual(before['localTime'].getTime() - 50);
  expect(now.getTime()).toBeLessThanOrEqual(after['localTime'].getTime() + 50);
});

test('the store clock asks the server again after the host has slept', async () => {
  const client = await MongoClient.connect(mongodbUrl(), { monitorCommands: true });
  onTestFinished(() => client.close());
  let asked = 0;
  client.on('commandStarted', ({ commandName }) => {
    if (commandName === 'hello') asked += 1;
  });
  const clock = createStoreClock(client.db('baton'));
  await clock.now();
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 10_000 });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  await clock.now();
  await clock.now();
  expect(asked).toBe(2);
});

test('the store clock repeats a request that took long', async ({ db }) => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  let asked = 0;
  // The process is paused after the answer has arrived.
  const paused = {
    admin: () => ({
      async command(command: object) {
        const answer = await db.admin().command(command);
        asked += 1;
        if (asked === 1) vi.advanceTimersByTime(2_000);
        return answer;
      },
    }),
  };
  const now = await createStoreClock(paused as unknown as typeof db).now();
  const { localTime } = await db.admin().command({ hello: 1 });
  expect(Math.abs(now.getTime() - localTime.getTime())).toBeLessThan(500);
});

test('the store clock never goes back and asks the server once for many readers', async () => {
  const client = await MongoClient.connect(mongodbUrl(), { monitorCommands: true });
  let asked = 0;
  client.on('commandStarted', ({ commandName }) => {
    if (commandName === 'hello') asked += 1;
  });
  const clock = createStoreClock(client.db('baton'));
  const first = await Promise.all(Array.from({ length: 100 }, () => clock.now()));
  const later = await clock.now();
  await client.close();
  const times = first.map((time) => time.getTime());
  expect(later.getTime()).toBeGreaterThanOrEqual(Math.max(...times));
  expect(asked).toBe(1);
});
