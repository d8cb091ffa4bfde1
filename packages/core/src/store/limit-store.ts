import type { Db } from 'mongodb';
import { z } from 'zod';
import type { Limit, LimitCaps } from '../model/limits/limit.ts';
import { limitId } from '../model/limits/limit.ts';
import { createListReader, type ListOptions, readDocument } from './read-document.ts';

const COLLECTION = 'limits';

type LimitDocument = Limit & { _id: string };

const cap = z.number().optional();

const limitForm = z.looseObject({
  _id: z.string(),
  kind: z.string(),
  name: z.string(),
  max_sessions_at_once: cap,
  max_sessions_per_minute: cap,
  max_usd_per_day: cap,
  created_at: z.date(),
  updated_at: z.date(),
});

/** The maximum number of limits that `list` returns. */
const LIST_MAX = 1_000;

/** The limits that operators set. */
export interface LimitStore {
  /** Sets a limit. Replaces the limit of the same kind and name, if there is one. */
  put(kind: Limit['kind'], name: string, caps: LimitCaps, now: Date): Promise<Limit>;
  /** Returns the limit, or null. Throws INTERNAL if its document cannot be read. */
  get(kind: Limit['kind'], name: string): Promise<Limit | null>;
  /** Removes a limit. Returns false if there was none. */
  remove(kind: Limit['kind'], name: string): Promise<boolean>;
  /** Returns at most 1,000 limits, sorted by name. Leaves out documents that cannot be read. */
  list(): Promise<Limit[]>;
  /** Returns the limits with these ids (`limitId`), by id. Leaves out ids without a limit. */
  getMany(ids: readonly string[]): Promise<Map<string, Limit>>;
}

/** Creates the limit store of a database. */
export function createLimitStore(db: Db, options: ListOptions = {}): LimitStore {
  const collection = db.collection<LimitDocument>(COLLECTION);
  const readList = createListReader(COLLECTION, read, options);

  async function get(kind: Limit['kind'], name: string): Promise<Limit | null> {
    const document = await collection.findOne({ _id: limitId(kind, name) });
    return document && read(document);
  }

  return {
    get,
    async put(kind, name, caps, now) {
      const replaced = await collection.findOne({ _id: limitId(kind, name) });
      const created_at = replaced?.created_at instanceof Date ? replaced.created_at : now;
      const limit: Limit = { kind, name, ...caps, created_at, updated_at: now };
      await collection.replaceOne({ _id: limitId(kind, name) }, limit, { upsert: true });
      return limit;
    },
    async remove(kind, name) {
      const { deletedCount } = await collection.deleteOne({ _id: limitId(kind, name) });
      return deletedCount > 0;
    },
    async list() {
      return readList(await collection.find().sort({ _id: 1 }).limit(LIST_MAX).toArray());
    },
    async getMany(ids) {
      const documents = await collection.find({ _id: { $in: [...ids] } }).toArray();
      return new Map(documents.map((document) => [document._id, decode(document)]));
    },
  };
}

function read(document: LimitDocument): Limit {
  return readDocument(document, { collection: COLLECTION, form: limitForm, decode });
}

function decode({ _id, ...limit }: LimitDocument): Limit {
  return limit;
}
