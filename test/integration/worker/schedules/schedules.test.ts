// The job schedulers in Redis must follow the schedule documents in MongoDB.
import {
  firedSessionId,
  openWorkerRedis,
  type Schedule,
  toScheduleView,
} from '@baton/core/internal';
import type { Db } from 'mongodb';
import { describe, expect, vi } from 'vitest';
import { redisUrl } from '../../../support/services.ts';
import { untilPasses } from '../../../support/wait.ts';
import { launched, type Scene, test, YEARLY } from './schedule-scene.ts';

const NOON = new Date('2026-06-01T12:00:00Z');

describe('Redis', () => {
  const next = async ({ bull }: Scene, { id }: Schedule) =>
    new Date((await bull.getJobScheduler(id))?.next ?? 0).toISOString();

  test('follows the documents at once when a schedule is created, changed, disabled or removed', async ({
    scene,
  }) => {
    const cron = { cron: '30 4 * * *', timezone: 'Asia/Tokyo' };
    const schedule = await scene.verbs.create({ ...YEARLY, ...cron });
    expect(await next(scene, schedule)).toMatch(/T19:30:00.000Z$/);
    await scene.verbs.change(schedule.id, { timezone: 'UTC' });
    expect(await next(scene, schedule)).toMatch(/T04:30:00.000Z$/);
    const every = await scene.verbs.change(schedule.id, { every_ms: 3_600_000 });
    expect(await next(scene, schedule)).toBe(
      new Date(every.anchor.getTime() + 3_600_000).toISOString(),
    );
    expect(await scene.bull.getDelayedCount()).toBe(1);
    await scene.verbs.change(schedule.id, { enabled: false });
    expect(await scene.bull.getJobSchedulersCount()).toBe(0);
    await scene.verbs.change(schedule.id, { enabled: true });
    expect(await scene.bull.getJobSchedulersCount()).toBe(1);
    await scene.verbs.remove(schedule.id);
    expect(await scene.bull.getJobSchedulersCount()).toBe(0);
    expect(await scene.bull.getDelayedCount()).toBe(0);
  });

  test('plans the next firing for the end of a clock gap, the time in next_run_at', async ({
    scene,
  }) => {
    const { timezone, before, gap, end } = nextMidnightGap();
    const cron = `0 0 ${before.getUTCDate()},${gap.getUTCDate()} ${monthsOf(before, gap)} *`;
    const schedule = await scene.verbs.create({ ...YEARLY, cron, timezone });
    const [first] = await scene.bull.getDelayed();
    expect(wallDay(first?.opts.prevMillis ?? 0, timezone)).toBe(wallDay(before.getTime(), 'UTC'));
    scene.run();
    await first?.promote();
    await vi.waitFor(async () => expect(await next(scene, schedule)).toBe(end.toISOString()), {
      timeout: 10_000,
    });
    expect(toScheduleView(schedule, new Date(end.getTime() - 1)).next_run_at).toBe(
      end.toISOString(),
    );
  });

  test('fires an unreadable schedule once, and the schedule shows the error', async ({
    scene,
    db,
  }) => {
    const schedule = await scene.verbs.create(YEARLY);
    const raw = db.collection<{ _id: string }>('schedules');
    await raw.updateOne({ _id: schedule.id }, { $set: { launch: '{' } });
    const [first] = await scene.bull.getDelayed();
    scene.run();
    await first?.promote();
    await untilPasses(async () => {
      const found = await raw.findOne({ _id: schedule.id });
      expect(found).toMatchObject({ enabled: true, last_error: { code: 'INTERNAL' } });
      expect(await scene.bull.getJobState(first?.id ?? '')).toBe('completed');
    });
  });

  test('gets its schedules back from the reconciler after it lost all data, and none fires early', async ({
    scene,
  }) => {
    const one = await scene.verbs.create(YEARLY);
    const two = await scene.verbs.create({ ...withoutCron(), every_ms: 3_600_000 });
    const before = [await next(scene, one), await next(scene, two)];
    await scene.bull.obliterate({ force: true });
    expect(await scene.verbs.reconcile()).toBe(2);
    expect([await next(scene, one), await next(scene, two)]).toEqual(before);
    expect(await scene.bull.getWaitingCount()).toBe(0);
    expect(await scene.bull.getDelayedCount()).toBe(2);
    expect(await scene.verbs.reconcile()).toBe(0);
  });

  test('gets missed changes and removals from the reconciler', async ({ scene, db }) => {
    const changed = await scene.verbs.create(YEARLY);
    const gone = await scene.verbs.create(YEARLY);
    const resting = await scene.verbs.create(YEARLY);
    // Only the documents change, as when an API process dies before its write to Redis.
    await scene.store.replace(changed, { ...YEARLY, cron: '15 6 * * *' });
    await scene.store.remove(gone.id);
    await scene.store.replace(resting, { ...YEARLY, enabled: false });
    await db
      .collection<{ _id: string }>('schedules')
      .insertOne({ ...(await document(db, changed.id)), _id: firedSessionId('made', NOON) });
    expect(await scene.verbs.reconcile()).toBe(4);
    expect(await next(scene, changed)).toMatch(/T06:15:00.000Z$/);
    expect(await scene.bull.getJobSchedulersCount()).toBe(2);
    expect(await scene.verbs.reconcile()).toBe(0);
  });

  test('gets a lost next firing back from the reconciler', async ({ scene }) => {
    const schedule = await scene.verbs.create({ ...withoutCron(), every_ms: 3_600_000 });
    const at = (await scene.bull.getJobScheduler(schedule.id))?.next ?? 0;
    const redis = openWorkerRedis(redisUrl());
    const job = `repeat:${schedule.id}:${at}`;
    await redis.zadd(scene.bull.toKey('repeat'), Date.now() - 60_000, schedule.id);
    await redis.zrem(scene.bull.toKey('delayed'), job);
    await redis.del(scene.bull.toKey(job));
    redis.disconnect();
    expect(await scene.verbs.reconcile()).toBe(1);
    expect(await next(scene, schedule)).toBe(new Date(at).toISOString());
    expect(await scene.verbs.reconcile()).toBe(0);
  });

  test('fires at each due time, and each firing launches one session', async ({ scene }) => {
    scene.run();
    scene.run();
    const schedule = await scene.verbs.create({
      ...withoutCron(),
      every_ms: 1_000,
      overlap: 'enqueue',
    });
    await vi.waitFor(
      async () => expect((await launched(scene, schedule)).length).toBeGreaterThanOrEqual(3),
      { timeout: 10_000 },
    );
    await scene.verbs.remove(schedule.id);
    const times = [1, 2, 3].map((n) => new Date(schedule.anchor.getTime() + n * 1_000));
    expect((await launched(scene, schedule)).slice(0, 3)).toEqual(
      times.map((time) => firedSessionId(schedule.id, time)),
    );
  });

  test('makes a schedule fire only once after several firings were missed because no worker ran', async ({
    scene,
  }) => {
    const schedule = await scene.verbs.create({
      ...withoutCron(),
      every_ms: 1_000,
      overlap: 'enqueue',
    });
    await vi.waitUntil(() => Date.now() > schedule.anchor.getTime() + 3_200, { timeout: 6_000 });
    const before = Date.now();
    scene.run();
    await untilPasses(async () => expect(await launched(scene, schedule)).not.toEqual([]));
    await scene.verbs.remove(schedule.id);
    const [missed, ...later] = await launched(scene, schedule);
    expect(missed).toBe(firedSessionId(schedule.id, new Date(schedule.anchor.getTime() + 1_000)));
    const passed = Math.ceil((Date.now() - before) / 1_000);
    expect(later.length).toBeLessThanOrEqual(passed);
  });
});

function withoutCron() {
  const { cron: _cron, ...rest } = YEARLY;
  return rest;
}

/**
 * Each zone has a next midnight that is missing. Returns the latest of these midnights: its date,
 * the day before, and the end of the gap.
 */
function nextMidnightGap() {
  const gaps = ['America/Santiago', 'Africa/Cairo'].map((timezone) => {
    for (let day = startOfDay(Date.now()) + DAY_MS; ; day += DAY_MS) {
      // A midnight is missing if no UTC hour around it shows this date and hour 0 in the zone.
      const hours = Array.from({ length: 48 }, (_, hour) => day + (hour - 24) * HOUR_MS);
      const shown = hours.filter(
        (hour) => wallDay(hour, timezone) === wallDay(day, 'UTC') && wallHour(hour, timezone) === 0,
      );
      if (shown.length > 0) continue;
      const end = hours.find((hour) => wallDay(hour, timezone) === wallDay(day, 'UTC')) ?? 0;
      return { timezone, before: new Date(day - DAY_MS), gap: new Date(day), end: new Date(end) };
    }
  });
  return gaps.reduce((one, other) => (one.end > other.end ? one : other));
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const startOfDay = (time: number) => Math.floor(time / DAY_MS) * DAY_MS;
const wallDay = (time: number, timeZone: string) =>
  new Date(time).toLocaleDateString('sv', { timeZone });
const wallHour = (time: number, timeZone: string) =>
  Number(new Date(time).toLocaleTimeString('sv', { timeZone }).slice(0, 2));
const monthsOf = (...days: Date[]) => [...new Set(days.map((day) => day.getUTCMonth() + 1))].join();

async function document(db: Db, id: string): Promise<object> {
  return (await db.collection<{ _id: string }>('schedules').findOne({ _id: id })) ?? {};
}
