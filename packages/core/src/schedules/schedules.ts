// Schedules. MongoDB holds the documents. Redis holds copies of the timetables, and fires by these copies.

import { fileUsesOf } from '../model/config/file-refs.ts';
import { checkTextOnly } from '../model/content/content-types.ts';
import { AppError } from '../model/errors/app-error.ts';
import { draftRequest } from '../model/job/draft-request.ts';
import { checkSize } from '../model/job/job.ts';
import {
  type NewSchedule,
  newScheduleSchema,
  type Schedule,
  type ScheduleChanges,
  type ScheduledLaunch,
  withChanges,
} from '../model/schedules/schedule.ts';
import { newId } from '../model/schema/id.ts';
import { parseInput } from '../model/schema/parse-input.ts';
import { parseLaunchJob } from '../queue/job-builder.ts';
import type { ScheduleQueue } from '../queue/schedule-queue.ts';
import { NO_SEALER, type Sealer } from '../sealing/sealer.ts';
import type { FileStore } from '../store/file-store.ts';
import { forEachIsolated } from '../store/for-each-isolated.ts';
import type { ScheduleStore } from '../store/schedule-store.ts';
import { launchOfFiring } from './firing.ts';

/**
 * What callers can do with schedules. If a change does not reach Redis, the reconciler writes it to
 * Redis within seconds.
 */
export interface Schedules {
  /**
   * Creates a schedule. Its launch keeps uploaded files of `tenant`, or of every tenant if there is none, for as long as
   * the schedule exists. Throws INVALID_REQUEST, PAYLOAD_TOO_LARGE, FILE_NOT_FOUND or LIMIT_EXCEEDED.
   */
  create(fields: NewSchedule, apiKeyId?: string, tenant?: string): Promise<Schedule>;
  /**
   * Changes a schedule. Throws INVALID_REQUEST, PAYLOAD_TOO_LARGE or FILE_NOT_FOUND, and SCHEDULE_NOT_FOUND like
   * `get` and `remove`. A change with `enabled: true` makes `apiKeyId` the key of all later
   * firings. Without `apiKeyId`, later firings have no key.
   */
  change(
    id: string,
    changes: ScheduleChanges,
    apiKeyId?: string,
    tenant?: string,
  ): Promise<Schedule>;
  get(id: string): Promise<Schedule>;
  list: ScheduleStore['list'];
  /** Removes a schedule and returns it. The sessions that it launched stay. */
  remove(id: string): Promise<Schedule>;
  /** Makes the timetables in Redis equal to the documents. Returns how many schedules were repaired. */
  reconcile(): Promise<number>;
}

// If two callers change one schedule at once, the later change is applied to the result of the earlier change. More
// rounds than this mean a bug.
const MAX_ROUNDS = 5;

/** Creates the schedules over an open store and queue. `sealer` encrypts secrets. */
export function createSchedules(
  store: ScheduleStore,
  queue: ScheduleQueue,
  files: Pick<FileStore, 'pin' | 'release'>,
  sealer: Sealer = NO_SEALER,
): Schedules {
  async function get(id: string): Promise<Schedule> {
    const schedule = await store.get(id);
    if (schedule) return schedule;
    throw new AppError('SCHEDULE_NOT_FOUND', `no schedule ${id}`);
  }

  // A schedule's secrets are sealed without a session. Each launch seals them again for the new session.
  async function sealed(fields: NewSchedule): Promise<NewSchedule> {
    return { ...fields, launch: await sealer.config(draftLaunch(fields.launch)) };
  }

  // Files of earlier launches stay as well until the schedule is removed, because a firing of them may be on its way.
  async function keepFiles(id: string, launch: ScheduledLaunch, tenant: string | undefined) {
    const uses = fileUsesOf(launch).map((use) => ({ ...use, field: `launch.${use.field}` }));
    await files.pin(uses, { session_id: id, tenant });
  }

  // The document is already stored. So if the call to Redis fails, the reconciler repeats the
  // change in Redis later.
  async function apply(schedule: Schedule): Promise<Schedule> {
    await (schedule.enabled ? queue.set(schedule) : queue.unset(schedule.id)).catch(() => {});
    return schedule;
  }

  return {
    get,
    list: store.list,
    async create(requested, apiKeyId, tenant) {
      const fields = await sealed(requested);
      checkLaunch(fields);
      const id = newId();
      await keepFiles(id, fields.launch, tenant);
      return apply(await store.create(fields, apiKeyId, id));
    },
    async change(id, changes, apiKeyId, tenant) {
      const caller = apiKeyId === undefined ? {} : { api_key_id: apiKeyId };
      for (let round = 0; round < MAX_ROUNDS; round += 1) {
        const schedule = await get(id);
        const fields = await sealed(parseInput(newScheduleSchema, withChanges(schedule, changes)));
        checkLaunch(fields);
        if (changes.launch) await keepFiles(id, fields.launch, tenant);
        const changed = await store.replace(schedule, fields, changes.enabled ? caller : schedule);
        if (changed) return apply(changed);
      }
      throw new Error(
        `schedule ${id} could not be changed: other changes came first ${MAX_ROUNDS} times in a row`,
      );
    },
    async remove(id) {
      const schedule = await get(id);
      await store.remove(id);
      await queue.unset(id).catch(() => {});
      // If this process dies first, the maintenance releases the files.
      await files.release(id);
      return schedule;
    },
    async reconcile() {
      // Redis is read first, so each timetable that is found there has a document, unless the schedule was removed.
      const scheduled = await queue.all();
      const expected = new Map((await store.timetables()).map((one) => [one.id, one]));
      let repaired = 0;
      const changed = [...expected.values()].filter(
        ({ id, revision }) => scheduled.get(id) !== revision,
      );
      const removed = [...scheduled.keys()].filter((id) => !expected.has(id));
      // One unreadable timetable must not keep the other schedules from firing.
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

// The files of content belong to a session, and a schedule launches many.
function draftLaunch(launch: ScheduledLaunch): ScheduledLaunch {
  const { drafted, draft } = draftRequest(launch);
  checkTextOnly(draft?.blocks, 'a schedule cannot keep files', 'launch.content');
  return drafted;
}

// Checks the launch of a schedule as if it fired now: the job must be valid and not too large.
function checkLaunch(fields: NewSchedule): void {
  const { config, options } = launchOfFiring({ ...fields, id: SOME_ID }, new Date());
  checkSize(parseLaunchJob(draftRequest(config).drafted, options));
}

const SOME_ID = '00000000-0000-7000-8000-000000000000';
