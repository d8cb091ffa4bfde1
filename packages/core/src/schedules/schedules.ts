// Schedules: the document is the truth, Redis fires by it.

import { AppError } from '../model/errors/app-error.ts';
import { checkSize } from '../model/job/job.ts';
import {
  type NewSchedule,
  newScheduleSchema,
  type Schedule,
  type ScheduleChanges,
  withChanges,
} from '../model/schedules/schedule.ts';
import { parseInput } from '../model/schema/parse-input.ts';
import { parseLaunchJob } from '../queue/job-builder.ts';
import type { ScheduleQueue } from '../queue/schedule-queue.ts';
import { NO_SEALER, type Sealer } from '../sealing/sealer.ts';
import { forEachIsolated } from '../store/for-each-isolated.ts';
import type { ScheduleStore } from '../store/schedule-store.ts';
import { launchOfFiring } from './firing.ts';

/** What callers do with schedules. The reconciler repairs a change that did not reach Redis within seconds. */
export interface Schedules {
  /** Throws INVALID_REQUEST, PAYLOAD_TOO_LARGE and LIMIT_EXCEEDED. */
  create(fields: NewSchedule, apiKeyId?: string): Promise<Schedule>;
  /**
   * Throws SCHEDULE_NOT_FOUND, as get and remove do, and what create throws. Whoever says that it is
   * enabled answers for it: it fires for that key from then on, or for none.
   */
  change(id: string, changes: ScheduleChanges, apiKeyId?: string): Promise<Schedule>;
  get(id: string): Promise<Schedule>;
  list: ScheduleStore['list'];
  /** Removes it and returns what it was; its sessions stay. */
  remove(id: string): Promise<Schedule>;
  /** Makes Redis fire by the documents, and by nothing else; returns how many schedules were repaired. */
  reconcile(): Promise<number>;
}

// Two changes of one schedule at once: the later one is applied to what the other left. More means a bug.
const MAX_ROUNDS = 5;

/** The schedules over an open store and an open queue; secrets are sealed, where there is a sealer. */
export function createSchedules(
  store: ScheduleStore,
  queue: ScheduleQueue,
  sealer: Sealer = NO_SEALER,
): Schedules {
  async function get(id: string): Promise<Schedule> {
    const schedule = await store.get(id);
    if (schedule) return schedule;
    throw new AppError('SCHEDULE_NOT_FOUND', `no schedule ${id}`);
  }

  // For whichever session it launches: each seals them once more, for itself.
  async function sealed(fields: NewSchedule): Promise<NewSchedule> {
    return { ...fields, launch: await sealer.config(fields.launch) };
  }

  // The document stands by then: the reconciler does what is missed here.
  async function apply(schedule: Schedule): Promise<Schedule> {
    await (schedule.enabled ? queue.set(schedule) : queue.unset(schedule.id)).catch(() => {});
    return schedule;
  }

  return {
    get,
    list: store.list,
    async create(requested, apiKeyId) {
      const fields = await sealed(requested);
      checkLaunch(fields);
      return apply(await store.create(fields, apiKeyId));
    },
    async change(id, changes, apiKeyId) {
      const caller = apiKeyId === undefined ? {} : { api_key_id: apiKeyId };
      for (let round = 0; round < MAX_ROUNDS; round += 1) {
        const schedule = await get(id);
        const fields = await sealed(parseInput(newScheduleSchema, withChanges(schedule, changes)));
        checkLaunch(fields);
        const changed = await store.replace(schedule, fields, changes.enabled ? caller : schedule);
        if (changed) return apply(changed);
      }
      throw new Error(`schedule ${id}: ${MAX_ROUNDS} changes in a row were overtaken`);
    },
    async remove(id) {
      const schedule = await get(id);
      await store.remove(id);
      await queue.unset(id).catch(() => {});
      return schedule;
    },
    async reconcile() {
      // Redis first: what it fires by has a document by then, unless that was removed.
      const scheduled = await queue.all();
      const expected = new Map((await store.timetables()).map((one) => [one.id, one]));
      let repaired = 0;
      const changed = [...expected.values()].filter(
        ({ id, revision }) => scheduled.get(id) !== revision,
      );
      const removed = [...scheduled.keys()].filter((id) => !expected.has(id));
      // One timetable that cannot be read must not keep the others from firing.
      await forEachIsolated(
        [
          ...changed.map((one) => () => queue.set(one)),
          ...removed.map((id) => () => queue.unset(id)),
        ],
        async (repair) => {
          await repair();
          repaired += 1;
        },
      );
      return repaired;
    },
  };
}

// As a launch is checked that is made now: its job must fit.
function checkLaunch(fields: NewSchedule): void {
  const { config, options } = launchOfFiring({ ...fields, id: SOME_ID }, new Date());
  checkSize(parseLaunchJob(config, options));
}

const SOME_ID = '00000000-0000-7000-8000-000000000000';
