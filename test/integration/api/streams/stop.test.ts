// A deploy of the API under open streams: one real process stops, and readers move to another.
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { type OpenBaton, openBaton } from '@baton/core/internal';
import { describe, expect, onTestFinished } from 'vitest';
import { databaseUrl } from '../../../support/api.ts';
import { listening, runApi } from '../../../support/api-process.ts';
import type { BatonProcess } from '../../../support/baton-process.ts';
import { makeSession } from '../../../support/factories.ts';
import { test as base, redisUrl } from '../../../support/services.ts';
import { openStream, type SseMessage } from '../../../support/sse.ts';
import { asMongo } from '../../../support/stores.ts';
import { claimAndWrite, type Writing } from '../../../support/writing.ts';
import { ids, tail, upTo } from './streams.ts';

/** Resolves when a process has stopped writing to its sockets. */
async function settled(pid: number | undefined): Promise<void> {
  const written = async () =>
    /^wchar: (\d+)$/m.exec(await readFile(`/proc/${pid}/io`, 'utf8'))?.[1];
  for (let [before, now] = ['', await written()]; now !== before; now = await written()) {
    before = now ?? '';
    await pause(300);
  }
}

interface Scene {
  baton: OpenBaton;
  /** Starts a session whose writes are published. */
  session(): Promise<Writing>;
  /** Starts one more API process and returns its address. */
  api(): Promise<BatonProcess & { url: string }>;
}

const test = base.extend<{ scene: Scene }>({
  scene: async ({ databaseName, queuePrefix, db }, use) => {
    const redis = redisUrl();
    const baton = openBaton({ redis, mongodb: asMongo(db), prefix: queuePrefix });
    const { stores, queue } = baton;
    const runs: BatonProcess[] = [];
    await use({
      baton,
      async session() {
        const { id } = await stores.sessions.insertIfAbsent(makeSession());
        return claimAndWrite(stores, id, queue.live);
      },
      async api() {
        const run = runApi({
          REDIS_URL: redis,
          MONGODB_URL: databaseUrl(databaseName),
          QUEUE_PREFIX: queuePrefix,
          PORT: '0',
          AUTH: 'none',
        });
        runs.push(run);
        return { ...run, url: await listening(run) };
      },
    });
    for (const run of runs) await run.kill();
    await baton.close();
  },
});

describe('an API process that gets SIGTERM', () => {
  test('ends its streams and exits 0; readers resume elsewhere without gap or duplicate', async ({
    scene,
  }) => {
    const [first, second] = await Promise.all([scene.api(), scene.api()]);
    const idle = await scene.session();
    const busy = await scene.session();
    await idle.write(5);
    await busy.write(5);
    const follow = { query: '?follow=conversation' };
    const quiet = await tail(first.url, idle.session.id);
    const following = await tail(first.url, busy.session.id, follow);
    const many = await Promise.all(
      Array.from({ length: 5 }, () => tail(first.url, busy.session.id)),
    );
    const statuses = await openStream(`${first.url}/v1/events`);
    onTestFinished(() => statuses.close());
    expect(await statuses.next()).toMatchObject({ event: 'live' });
    const before = await quiet.all(({ id }) => id === '5');

    let written = 5;
    let isStopped = false;
    const writing = (async () => {
      for (; !isStopped; written += 1) await busy.write(1, 2_000);
    })();
    // Each reader reads up to event 30 and then to the end of its stream.
    const readers = [...many, following];
    const heads = await Promise.all(readers.map((one) => one.all(({ data }) => data.seq === 30)));
    const rests = readers.map((one) => one.all());
    expect(await first.stop()).toEqual({ code: 0, signal: null });
    expect(first.err()).not.toMatch(/a stream failed|did not close/);
    isStopped = true;
    await writing;
    await idle.write(2);
    await Promise.all([idle.complete(), busy.complete()]);

    // The responses are complete, and none contains an `end` of the session.
    const cut = await Promise.all(
      rests.map(async (rest, index) => [...(heads[index] ?? []), ...(await rest)]),
    );
    expect(await quiet.all()).toEqual([]);
    await statuses.all();
    for (const { response } of [quiet, following, statuses, ...many]) {
      expect(response.complete).toBe(true);
      expect(response.errored).toBeNull();
    }
    const continueAt = async (
      id: string,
      messages: SseMessage[],
      extra: Record<string, string> = {},
    ) => {
      const lastId = ids(messages).at(-1) ?? '';
      const rest = await (await tail(second.url, id, { 'last-event-id': lastId, ...extra })).all();
      expect(rest.at(-1)).toMatchObject({ event: 'end', data: { status: 'completed' } });
      return [...messages, ...rest].flatMap(({ id, data }) => (id ? String(data.seq) : []));
    };
    expect(await continueAt(idle.session.id, before)).toEqual(upTo(7));
    for (const messages of cut) expect(messages.at(-1)?.event).toBe('assistant');
    const followed = cut.pop() ?? [];
    expect(await continueAt(busy.session.id, followed, follow)).toEqual(upTo(written));
    for (const messages of cut) {
      expect(await continueAt(busy.session.id, messages)).toEqual(upTo(written));
    }
  });

  test('cuts off a reader that reads nothing, and exits 0', async ({ scene }) => {
    const api = await scene.api();
    const writing = await scene.session();
    // The session writes more than both ends of a reader's socket buffer.
    for (let n = 0; n < 6; n += 1) await writing.write(20, 256 * 1024);
    const stuck = await tail(api.url, writing.session.id);
    const patient = await tail(api.url, writing.session.id, { query: '?after=119' });
    expect(await patient.next()).toMatchObject({ id: '120' });
    await settled(api.pid);
    expect(await api.stop()).toEqual({ code: 0, signal: null });
    // A part that does not close within its time limit is logged, and makes the exit code 1.
    expect(api.err()).not.toMatch(/a stream failed|did not close/);
    expect(await patient.next()).toBeNull();
    expect(patient.response.complete).toBe(true);
    // The part that the cut-off reader received is in order and starts at the first event.
    const got = ids(await stuck.all());
    expect(got).toEqual(upTo(got.length));
    expect(got.length).toBeLessThan(120);
    expect(stuck.response.complete).toBe(false);
  });
});
