import { z } from 'zod';
import { idSchema } from '../model/schema/id.ts';
import type { Delivery } from '../model/webhooks/webhook-delivery.ts';
import { buildKeptOptions } from './kept-jobs.ts';
import type { SessionQueueOptions } from './open-queue.ts';
import { openSmallJobQueue } from './small-job-queue.ts';

/** The name of the queue of deliveries. */
export const WEBHOOK_QUEUE = 'webhooks';

// The states of a job that a worker processes, or will process.
const LIVE: readonly string[] = ['waiting', 'prioritized', 'delayed', 'active'];

/**
 * The payload of a delivery's job. MongoDB holds the event, the address, and the key that signs the
 * request.
 */
export const deliveryJobSchema = z.object({
  delivery_id: idSchema,
  round: z.int().nonnegative(),
});

/** The queue of deliveries. */
export interface WebhookQueue {
  /** Adds the job of a delivery's round. Does nothing if the job exists. Throws UNAVAILABLE. */
  add(delivery: Pick<Delivery, 'id' | 'round'>): Promise<void>;
  /**
   * Adds the job of a delivery's round unless a live job exists. Removes a finished job of the
   * round first. Returns false if a live job existed.
   */
  restore(delivery: Pick<Delivery, 'id' | 'round'>): Promise<boolean>;
  close(): Promise<void>;
}

/** Opens the queue. Redis need not be up yet. */
export function createWebhookQueue(options: SessionQueueOptions): WebhookQueue {
  const queue = openSmallJobQueue(WEBHOOK_QUEUE, options);

  async function add({ id, round }: Pick<Delivery, 'id' | 'round'>): Promise<void> {
    const data: z.infer<typeof deliveryJobSchema> = { delivery_id: id, round };
    await queue.run((bull) =>
      bull.add('deliver', data, {
        jobId: jobId({ id, round }),
        attempts: 1,
        ...buildKeptOptions(),
      }),
    );
  }

  return {
    add,
    async restore(delivery) {
      const job = await queue.run((bull) => bull.getJob(jobId(delivery)));
      if (job) {
        if (LIVE.includes(await queue.run(() => job.getState()))) return false;
        // If a worker has taken the job, the worker's lock prevents the removal, and `add` changes
        // nothing.
        await queue.run(() => job.remove()).catch(() => {});
      }
      await add(delivery);
      return true;
    },
    close: () => queue.close(),
  };
}

function jobId({ id, round }: Pick<Delivery, 'id' | 'round'>): string {
  return `${id}.${round}`;
}
