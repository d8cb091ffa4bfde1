import type { NewSchedule, Schedule, ScheduleChanges } from './api-types.ts';
import { isBatonError } from './baton-error.ts';
import type { Caller } from './call.ts';
import type { CallOptions } from './options.ts';
import { createPaged, type Paged } from './paged.ts';
import { checkId } from './session-path.ts';

/** Which part of a list is read. */
export interface PageOptions extends CallOptions {
  /** How many a page has, at most. */
  limit?: number | undefined;
  /** Where to begin: the `next_cursor` of a page. */
  cursor?: string | undefined;
}

/** Schedules: they launch sessions by the clock. */
export interface ScheduleCalls {
  /** Makes a schedule. Not made again by itself where the answer is lost: there is no key that tells two apart. */
  create(schedule: NewSchedule, options?: CallOptions): Promise<Schedule>;
  get(id: string, options?: CallOptions): Promise<Schedule>;
  /** Newest first. */
  list(options?: PageOptions): Paged<Schedule>;
  /** Changes what it is told, or lets it rest. */
  change(id: string, changes: ScheduleChanges, options?: CallOptions): Promise<Schedule>;
  /** Removes it; what it launched stays. */
  delete(id: string, options?: CallOptions): Promise<void>;
}

/** The calls of schedules. */
export function createScheduleCalls(call: Caller): ScheduleCalls {
  const one = (id: string) => `v1/schedules/${checkId(id)}`;

  return {
    async create(body, options) {
      const made = { method: 'POST', path: 'v1/schedules', body, isRepeatable: false } as const;
      return (await call(made, options)).body as Schedule;
    },
    async get(id, options) {
      const read = { method: 'GET', path: one(id), isRepeatable: true } as const;
      return (await call(read, options)).body as Schedule;
    },
    list({ limit, cursor, ...options } = {}) {
      return createPaged(async (from) => {
        const query = { limit, cursor: from };
        const read = { method: 'GET', path: 'v1/schedules', query, isRepeatable: true } as const;
        const { schedules, ...rest } = (await call(read, options)).body as SchedulePage;
        return { items: schedules, ...rest };
      }, cursor);
    },
    async change(id, body, options) {
      const change = { method: 'PATCH', path: one(id), body, isRepeatable: true } as const;
      return (await call(change, options)).body as Schedule;
    },
    async delete(id, options) {
      try {
        await call({ method: 'DELETE', path: one(id), isRepeatable: true }, options);
      } catch (error) {
        // An attempt whose answer was lost had removed it.
        const isGone = isBatonError(error) && error.code === 'SCHEDULE_NOT_FOUND';
        if (!isGone || error.attempts === 1) throw error;
      }
    },
  };
}

interface SchedulePage {
  schedules: Schedule[];
  next_cursor?: string;
}
