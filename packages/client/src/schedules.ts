import type { NewSchedule, Schedule, ScheduleChanges } from './api-types.ts';
import { isBatonError } from './baton-error.ts';
import type { Caller } from './call.ts';
import type { CallOptions } from './options.ts';
import { createPaged, type Paged } from './paged.ts';
import { checkId } from './session-path.ts';

/** Selects the part of a list to read. */
export interface PageOptions extends CallOptions {
  /** The maximum number of items on a page. */
  limit?: number | undefined;
  /** The `next_cursor` of a page. With it, the list begins after that page. */
  cursor?: string | undefined;
}

/** The calls for schedules, which launch sessions at set times. */
export interface ScheduleCalls {
  /**
   * Creates a schedule. If the answer is lost, the client does not repeat the call: schedules have
   * no idempotency key, so a repeat could create a second schedule.
   */
  create(schedule: NewSchedule, options?: CallOptions): Promise<Schedule>;
  /** Reads a schedule. */
  get(id: string, options?: CallOptions): Promise<Schedule>;
  /** Lists schedules, newest first. */
  list(options?: PageOptions): Paged<Schedule>;
  /** Changes the given fields of a schedule; `enabled: false` disables it. */
  change(id: string, changes: ScheduleChanges, options?: CallOptions): Promise<Schedule>;
  /** Removes a schedule. The sessions that it launched stay. */
  delete(id: string, options?: CallOptions): Promise<void>;
}

/** Creates the calls for schedules. */
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
        // After a lost answer, SCHEDULE_NOT_FOUND means that an earlier attempt removed the
        // schedule.
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
