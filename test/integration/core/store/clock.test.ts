import { createStoreClock } from '@baton/core/internal';
import { MongoClient } from 'mongodb';
import { expect, onTestFinished, vi } from 'vitest';
import { mongodbUrl } from '../../../support/services.ts';
import { test } from '../stores.ts';

/** Stops these clocks of the process, so that only the test lets time pass on them. */
function stopClocks(...toFake: ('performance' | 'Date')[]): void {
  vi.useFakeTimers({ toFake });
  onTestFinished(() => {
    vi.useRealTimers();
  });
}

test("the store clock returns the server's time", async ({ db }) => {
  // The measurement takes no time on this clock, so no half of a round trip is added to the answer.
  stopClocks('performance', 'Date');
  const clock = createStoreClock(db);
  const before = await db.admin().command({ hello: 1 });
  const now = await clock.now();
  const after = await db.admin().command({ hello: 1 });
  expect(now.getTime()).toBeGreaterThanOrEqual(before['localTime'].getTime());
  expect(now.getTime()).toBeLessThanOrEqual(after['localTime'].getTime());
  vi.advanceTimersByTime(2_000);
  expect((await clock.now()).getTime()).toBe(now.getTime() + 2_000);
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
  stopClocks('performance');
  const answers: Date[] = [];
  // The process is paused after the answer has arrived.
  const paused = {
    admin: () => ({
      async command(command: object) {
        const answer = await db.admin().command(command);
        answers.push(answer['localTime']);
        if (answers.length === 1) vi.advanceTimersByTime(2_000);
        return answer;
      },
    }),
  };
  const now = await createStoreClock(paused as unknown as typeof db).now();
  expect(answers).toHaveLength(2);
  expect(now).toEqual(answers[1]);
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
