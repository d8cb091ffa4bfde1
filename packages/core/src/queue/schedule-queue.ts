import type { Queue, RepeatOptions } from 'bullmq';
import { z } from 'zod';
import { nextCron } from '../model/schedules/cron.ts';
import { DEFAULT_TIME_ZONE, nextFiring } from '../model/schedules/next-run.ts';
import type { Timetable } from '../model/schedules/schedule.ts';
import { idSchema } from '../model/schema/id.ts';
import { buildKeptOptions } from './kept-jobs.ts';
import type { SessionQueueOptions } from './open-queue.ts';
import { findRedisTrouble } from './redis-trouble.ts';
import { openSmallJobQueue } from './small-job-queue.ts';

/** The queue of firings. */
export const SCHEDULE_QUEUE = 'schedules';

/** How late a firing is, in milliseconds, before its job is looked for. */
const LATE_MS = 30_000;

// States of a job that will still be worked on, or is.
const LIVE: readonly string[] = ['waiting', 'delayed', 'active'];

/** The payload of a firing: the document holds what it launches. */
export const firingJobSchema = z.object({ schedule_id: idSchema, revision: z.int() });

/**
 * How BullMQ finds the next firing of a cron expression: by the same function as the API's `next_run_at`.
 * Its own parser skips or repeats firings where the clocks are changed. For queues and workers alike.
 */
export const SCHEDULE_SETTINGS = {
  repeatStrategy(after: number, { pattern, tz }: RepeatOptions): number | undefined {
    if (pattern === undefined) return undefined;
    return nextCron(pattern, tz ?? DEFAULT_TIME_ZONE, new Date(after))?.getTime();
  },
};

/** The queue of firings: BullMQ's job schedulers. */
export interface ScheduleQueue {
  /** Lets Redis fire by this timetable instead of an earlier one. Throws UNAVAILABLE. */
  set(timetable: Timetable): Promise<void>;
  /** Stops the firings of a schedule; does nothing where it has none. Throws UNAVAILABLE. */
  unset(id: string): Promise<void>;
  /** The schedules that Redis holds, with their revisions; undefined where it will not fire any more. */
  all(): Promise<Map<string, number | undefined>>;
  close(): Promise<void>;
}

/** Opens the queue. Redis need not be up yet. */
export function createScheduleQueue(options: SessionQueueOptions): ScheduleQueue {
  const queue = openSmallJobQueue(SCHEDULE_QUEUE, options, SCHEDULE_SETTINGS);
  return {
    async set(timetable) {
      const { id, cron, timezone, every_ms, anchor, revision } = timetable;
      const data: z.infer<typeof firingJobSchema> = { schedule_id: id, revision };
      const template = {
        name: 'fire',
        data,
        opts: {
          ...buildKeptOptions(),
        },
      };
      await queue.run(async (bull) => {
        if (every_ms === undefined) {
          const repeat = { pattern: cron ?? '', tz: timezone ?? DEFAULT_TIME_ZONE };
          await bull.upsertJobScheduler(id, repeat, template);
          return;
        }
        // An existing scheduler would count from its last firing, and a new one would fire at once.
        await bull.removeJobScheduler(id);
        const first = nextFiring(timetable, anchor, new Date()) ?? anchor;
        await bull.upsertJobScheduler(id, { every: every_ms, startDate: first }, template);
      });
    },
    async unset(id) {
      await queue.run((bull) => bull.removeJobScheduler(id));
    },
    async all() {
      return queue.run(async (bull) => {
        const known = new Map<string, number | undefined>();
        const listed = await bull.getBackend().getJobSchedulersRange(0, -1, true);
        const ids = listed.filter((_, index) => index % 2 === 0); // each is followed by its time
        await Promise.all(ids.map(async (id) => known.set(id, await findRevision(bull, id))));
        return known;
      });
    },
    close: () => queue.close(),
  };
}

// A scheduler that cannot be read is removed: the reconciler makes it anew from the document.
async function findRevision(bull: Queue, id: string): Promise<number | undefined> {
  try {
    const found = await bull.getJobScheduler(id);
    const { data } = firingJobSchema.safeParse(found?.template?.data);
    return (await isStuck(bull, id, found?.next)) ? undefined : data?.revision;
  } catch (error) {
    if (findRedisTrouble(error) !== null) throw error;
    const client = (await bull.getBackend().client) as unknown as {
      del(key: string): Promise<unknown>;
      zrem(key: string, member: string): Promise<unknown>;
    };
    await client.del(bull.toKey(`repeat:${id}`));
    await client.zrem(bull.toKey('repeat'), id);
    return undefined;
  }
}

// A scheduler adds its next job while one is taken: without that job it would fire no more.
async function isStuck(bull: Queue, key: string, next: number | undefined): Promise<boolean> {
  if (next === undefined || next > Date.now() - LATE_MS) return false;
  return !LIVE.includes(await bull.getJobState(`repeat:${key}:${next}`));
}
