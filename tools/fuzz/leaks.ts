import type { Queue } from 'bullmq';
import type { Db } from 'mongodb';
import { CANARY } from './special.ts';

/** Returns the documents and jobs that contain a plain secret of the run's requests. */
export async function findLeaks(db: Db, queues: readonly Queue[]): Promise<string[]> {
  const leaks: string[] = [];
  for (const { name } of await db.listCollections().toArray()) {
    for await (const document of db.collection(name).find({})) {
      if (JSON.stringify(document).includes(CANARY)) leaks.push(`${name} ${document._id}`);
    }
  }
  for (const queue of queues) {
    for (const job of await queue.getJobs()) {
      if (JSON.stringify(job).includes(CANARY)) leaks.push(`job ${job.id} of ${queue.name}`);
    }
  }
  return leaks;
}
