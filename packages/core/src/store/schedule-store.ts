import type { Collection, Db, Filter, UpdateFilter } from 'mongodb';
import { z } from 'zod';
import { AppError } from '../model/errors/app-error.ts';
import type { NewSchedule, Schedule, Timetable } from '../model/schedules/schedule.ts';
import { defined } from '../model/schema/defined.ts';
import { newId } from '../model/schema/id.ts';
import { buildUnset } from './build-unset.ts';
import type { StoreClock } from './clock.ts';
import { findNewestFirst } from './pages-by-time.ts';
import { createListReader, type ListOptions, readDocument } from './read-document.ts';

/**
 * How many schedules there may be. Every few seconds a worker compares all schedules with Redis.
 */
const MAX_SCHEDULES = 1_000;

/** A page of schedules, newest first. */
export interface SchedulePage {
  schedules: Schedule[];
  next_cursor?: string;
}

/**
 * The schedules of a database. Redis holds copies of their timetables and fires by those copies.
 */
export interface ScheduleStore {
  /** Creates a schedule, with a new id by default. Throws LIMIT_EXCEEDED if there are already 1,000. */
  create(fields: NewSchedule, apiKeyId?: string, id?: string): Promise<Schedule>;
  /** Returns the schedule, or null. Throws INTERNAL if its document cannot be read. */
  get(id: string): Promise<Schedule | null>;
  /**
   * Returns a page of schedules. Leaves out documents that cannot be read. Throws INVALID_REQUEST
   * if the cursor is not from this list.
   */
  list(page: { limit: number; cursor?: string }): Promise<SchedulePage>;
  /**
   * Replaces the caller's fields of a schedule, and its API key if `owner` is given. Returns null
   * if the schedule was changed or removed since it was read.
   */
  replace(
    schedule: Schedule,
    fields: NewSchedule,
    owner?: Pick<Schedule, 'api_key_id'>,
  ): Promise<Schedule | null>;
  /**
   * Disables the schedule and stores why. Returns false if it is already disabled, has another API
   * key now, or was removed.
   */
  disable(read: Schedule, error: AppError): Promise<boolean>;
  /** Removes the schedule. Returns false if there was none. */
  remove(id: string): Promise<boolean>;
  /** Returns the timetables of all schedules that are enabled and can be read. */
  timetables(): Promise<Timetable[]>;
  /**
   * Stores, before the launch, that a firing of this schedule launches this session. Returns null
   * if another firing was stored since the schedule was read, or if the schedule is disabled. Safe
   * to repeat.
   */
  noteFired(read: Schedule, firing: Date, sessionId: string): Promise<Schedule | null>;
  /** Stores that a firing was skipped. */
  noteSkipped(id: string, firing: Date): Promise<void>;
  /** Stores why a firing launched nothing, even if the schedule's document cannot be read. */
  noteError(id: string, error: AppError): Promise<void>;
  /**
   * Stores why the launch that `noteFired` stored was refused, and makes the previous firing the
   * last firing again.
   */
  noteRefused(noted: Schedule, error: AppError): Promise<void>;
}

const COLLECTION = 'schedules';

// A caller's JSON may hold keys that BSON does not allow, so the launch is stored as text.
type ScheduleDocument = Omit<Schedule, 'id' | 'launch'> & { _id: string; launch: string };

type TimetableDocument = Omit<Timetable, 'id'> & { _id: string };

const timetableForm = z.looseObject({
  _id: z.string(),
  cron: z.string().optional(),
  timezone: z.string().optional(),
  every_ms: z.number().positive().optional(),
  anchor: z.date(),
  revision: z.number(),
});

const scheduleForm = timetableForm.extend({
  overlap: z.string(),
  enabled: z.boolean(),
  launch: z.string(),
  created_at: z.date(),
  updated_at: z.date(),
  last_fired_at: z.date().optional(),
  last_session_id: z.string().optional(),
  last_skipped_at: z.date().optional(),
  last_error: z.looseObject({ at: z.date() }).optional(),
  noted: z.looseObject({ at: z.date() }).optional(),
});

const launchForm = z.looseObject({ query: z.string() });

/** Creates the schedule store of a database. */
export function createScheduleStore(
  db: Db,
  clock: StoreClock,
  options: ListOptions = {},
): ScheduleStore {
  const collection = db.collection<ScheduleDocument>(COLLECTION);
  const readList = createListReader(COLLECTION, decode, options);
  const readTimetables = createListReader(COLLECTION, decodeTimetable, options);

  async function update(
    filter: Filter<ScheduleDocument>,
    change: UpdateFilter<ScheduleDocument>,
  ): Promise<Schedule | null> {
    const document = await collection.findOneAndUpdate(filter, change, { returnDocument: 'after' });
    return document && decode(document);
  }

  return {
    async create(fields, apiKeyId, id = newId()) {
      if ((await collection.countDocuments({})) >= MAX_SCHEDULES) {
        throw new AppError(
          'LIMIT_EXCEEDED',
          `expected at most ${MAX_SCHEDULES} schedules; remove one first`,
        );
      }
      const schedule = newSchedule(fields, { id, apiKeyId, now: await clock.now() });
      await collection.insertOne(encode(schedule));
      return schedule;
    },
    async get(id) {
      const document = await collection.findOne({ _id: id });
      return document && decode(document);
    },
    async list(page) {
      const { documents, ...next } = await findNewestFirst(collection, {}, page);
      return { schedules: readList(documents), ...next };
    },
    async replace(schedule, fields, { api_key_id } = schedule) {
      const stored = { ...fields, ...defined({ api_key_id }) };
      return update(
        { _id: schedule.id, revision: schedule.revision },
        replaceUpdate(schedule, stored, await clock.now()),
      );
    },
    async disable({ id, api_key_id }, { code, message }) {
      const now = await clock.now();
      const { modifiedCount } = await collection.updateOne(
        { _id: id, enabled: true, api_key_id: api_key_id ?? { $exists: false } },
        {
          $set: { enabled: false, last_error: { code, message, at: now }, updated_at: now },
          $inc: { revision: 1 },
        },
      );
      return modifiedCount > 0;
    },
    async remove(id) {
      return (await collection.deleteOne({ _id: id })).deletedCount > 0;
    },
    async timetables() {
      const documents = await collection
        .find({ enabled: true })
        .project<TimetableDocument>({
          cron: 1,
          timezone: 1,
          every_ms: 1,
          anchor: 1,
          revision: 1,
        })
        .limit(MAX_SCHEDULES)
        .toArray();
      return readTimetables(documents);
    },
    ...createFiringNotes(collection, clock, update),
  };
}

/** Creates the writes of the fields that describe a schedule's last firing. */
function createFiringNotes(
  collection: Collection<ScheduleDocument>,
  clock: StoreClock,
  update: (
    filter: Filter<ScheduleDocument>,
    change: UpdateFilter<ScheduleDocument>,
  ) => Promise<Schedule | null>,
): Pick<ScheduleStore, 'noteFired' | 'noteSkipped' | 'noteError' | 'noteRefused'> {
  return {
    async noteFired({ id, last_fired_at, last_session_id, noted: earlier }, firing, sessionId) {
      const before =
        last_session_id === sessionId ? earlier : defined({ last_fired_at, last_session_id });
      return update(
        { _id: id, enabled: true, last_session_id: last_session_id ?? { $exists: false } },
        {
          $set: {
            last_fired_at: firing,
            last_session_id: sessionId,
            noted: { ...before, at: await clock.now() },
          },
          $unset: { last_error: '' },
        },
      );
    },
    async noteSkipped(id, firing) {
      await collection.updateOne({ _id: id }, { $set: { last_skipped_at: firing } });
    },
    async noteError(id, { code, message }) {
      const last_error = { code, message, at: await clock.now() };
      await collection.updateOne({ _id: id }, { $set: { last_error } });
    },
    async noteRefused({ id, last_session_id: refused, noted }, { code, message }) {
      const { at: _at, ...before } = noted ?? {};
      const last = { last_fired_at: '', last_session_id: '', noted: '' } as const;
      const removed = Object.keys(last).filter((key) => !(key in before));
      await collection.updateOne(
        { _id: id, ...defined({ last_session_id: refused }) },
        {
          $set: { ...before, last_error: { code, message, at: await clock.now() } },
          $unset: Object.fromEntries(removed.map((key) => [key, ''])),
        },
      );
    },
  };
}

function newSchedule(
  fields: NewSchedule,
  { id, apiKeyId, now }: { id: string; apiKeyId: string | undefined; now: Date },
): Schedule {
  return {
    id,
    ...fields,
    ...defined({ api_key_id: apiKeyId }),
    anchor: now,
    revision: 0,
    created_at: now,
    updated_at: now,
  } as Schedule;
}

/**
 * Returns the update that replaces the caller's fields. The interval counts from `now` if it is
 * new, or if the schedule becomes enabled.
 */
function replaceUpdate(
  schedule: Schedule,
  fields: NewSchedule & Pick<Schedule, 'api_key_id'>,
  now: Date,
): UpdateFilter<ScheduleDocument> {
  const { launch, ...stored } = fields;
  const absent = (['title', 'cron', 'timezone', 'every_ms', 'api_key_id'] as const).filter(
    (key) => stored[key] === undefined,
  );
  const isNewClock = fields.every_ms !== schedule.every_ms || (fields.enabled && !schedule.enabled);
  return {
    $set: {
      ...stored,
      launch: JSON.stringify(launch),
      updated_at: now,
      ...defined({ anchor: isNewClock ? now : undefined }),
    } as Partial<ScheduleDocument>,
    ...defined({ $unset: buildUnset(absent) }),
    $inc: { revision: 1 },
  };
}

function encode({ id, launch, ...fields }: Schedule): ScheduleDocument {
  return { _id: id, ...fields, launch: JSON.stringify(launch) };
}

function decode(document: ScheduleDocument): Schedule {
  return readDocument(document, {
    collection: COLLECTION,
    form: scheduleForm,
    decode: ({ _id, launch, ...fields }) => ({ id: _id, ...fields, launch: parseLaunch(launch) }),
  });
}

function parseLaunch(text: string): Schedule['launch'] {
  return launchForm.parse(JSON.parse(text)) as Schedule['launch'];
}

function decodeTimetable(document: TimetableDocument): Timetable {
  return readDocument(document, {
    collection: COLLECTION,
    form: timetableForm,
    decode: ({ _id, ...fields }) => ({ id: _id, ...fields }),
  });
}
