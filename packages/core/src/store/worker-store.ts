import type { Db } from 'mongodb';
import type { StoreClock } from './clock.ts';
import type { WorkerDocument } from './mongo.ts';

/** A worker that was seen lately. */
export interface LiveWorker {
  worker_id: string;
  host: string;
  /** The absolute path below which the worker keeps the directories of conversations. */
  work_root: string;
}

/** The workers of the fleet. Each worker stores its own entry. */
export interface WorkerStore {
  /** Stores that the worker is alive now, on this host and with this work root. */
  noteLive(worker: { workerId: string; host: string; workRoot: string }): Promise<void>;
  /** Removes the worker. Does nothing if it is not stored. */
  remove(workerId: string): Promise<void>;
  /** Returns the workers that were alive within the last `withinMs` milliseconds, by id. */
  live(withinMs: number): Promise<LiveWorker[]>;
}

/**
 * Creates the worker store of a database. MongoDB's clock decides who is alive. A worker that died
 * stays in the collection for an hour.
 */
export function createWorkerStore(db: Db, clock: StoreClock): WorkerStore {
  const collection = db.collection<WorkerDocument>('workers');
  return {
    async noteLive({ workerId, host, workRoot }) {
      const seen_at = await clock.now();
      await collection.updateOne(
        { _id: workerId },
        { $set: { host, work_root: workRoot, seen_at } },
        { upsert: true },
      );
    },
    async remove(workerId) {
      await collection.deleteOne({ _id: workerId });
    },
    async live(withinMs) {
      const now = await clock.now();
      const found = await collection
        .find({ seen_at: { $gte: new Date(now.getTime() - withinMs) } })
        .sort({ _id: 1 })
        .toArray();
      return found.map(({ _id, host, work_root }) => ({ worker_id: _id, host, work_root }));
    },
  };
}
