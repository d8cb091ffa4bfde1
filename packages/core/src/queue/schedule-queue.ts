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

/** The name of the queue of firings. */
export const SCHEDULE_QUEUE = 'schedules';

/**
 * How late a firing may be, in milliseconds, before the queue checks whether the job of the firing
 * still exists.
 */
const LATE_MS = 30_000;

// The states of a job that a worker processes, or will process.
const LIVE: readonly string[] = ['waiting', 'delayed', 'active'];

/** The payload of a firing's job. The schedule's document holds what the firing launches. */
export const firingJobSchema = z.object({ schedule_id: idSchema, revision: z.int() });

/**
 * Makes BullMQ compute the next firing of a cron expression with the function that also computes
 * the API's `next_run_at`. BullMQ's own parser skips or repeats firings when clocks are set forward
 * or back. Both queues and workers need these settings.
 */
export const SCHEDULE_SETTINGS = {
  repeatStrategy(after: number, { pattern, tz }: RepeatOptions): number | undefined {
    if (pattern === undefined) return undefined;
    return nextCron(pattern, tz ?? DEFAULT_TIME_ZONE, new Date(after))?.getTime();
  },
};

/** The queue of firings. It uses BullMQ's job schedulers. */
export interface ScheduleQueue {
  /**
   * Makes Redis fire the schedule by this timetable instead of an earlier timetable. Throws
   * UNAVAILABLE.
   */
  set(timetable: Timetable): Promise<void>;
  /**
   * Stops the firings of a schedule. Does nothing if Redis does not fire the schedule. Throws
   * UNAVAILABLE.
   */
  unset(id: string): Promise<void>;
  /**
   * Returns the revisions of the schedules that Redis holds, by id. A revision is undefined if
   * Redis will never fire the schedule again.
   */
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
        // An existing scheduler would count from its last firing, so it is removed. A new scheduler
        // would fire at once, so it gets a start date.
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
        const ids = listed.filter((_, index) => index % 2 === 0); // each id is followed by its time
        await Promise.all(ids.map(async (id) => known.set(id, await findRevision(bull, id))));
        return known;
      });
    },
    close: () => queue.close(),
  };
}

// Returns the revision of a schedule, or undefined if its scheduler will never fire again. Removes
// a scheduler that cannot be read, so that it is created again from the schedule's document.
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

// A scheduler adds its next job when a worker takes the current job. If the current job is lost,
// the scheduler never fires again.
async function isStuck(bull: Queue, key: string, next: number | undefined): Promise<boolean> {
  if (next === undefined || next > Date.now() - LATE_MS) return false;
  return !LIVE.includes(await bull.getJobState(`repeat:${key}:${next}`));
}
