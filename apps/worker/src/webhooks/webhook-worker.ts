// The worker on the queue of webhook deliveries. A job is one delivery, and is processed once for each try.
import { deliveryJobSchema, WEBHOOK_QUEUE } from '@baton/core/internal';
import type { Job } from 'bullmq';
import { failBadJob } from '../queue-worker/bad-job.ts';
import { closeInTime } from '../queue-worker/close-in-time.ts';
import type { JobOutcome } from '../queue-worker/job-outcome.ts';
import { openQueueWorker, type QueueWorkerDeps } from '../queue-worker/open-queue-worker.ts';
import { type DeliverDeps, deliver } from './deliver.ts';
import { createEndpointSlots, slotDelayMs } from './endpoint-slots.ts';

/** How many requests a process makes at once. */
const CONCURRENCY = 20;

/** How long requests under way may finish once the process stops, in milliseconds. */
const FINISH_MS = 2_000;

/** How long a job stays locked without a renewal, in milliseconds. Then another process takes the delivery. */
const LOCK_MS = 10_000;

/** Processes deliveries in this process. */
export interface WebhookWorker {
  start(): void;
  /** Stops taking jobs. Requests under way have two seconds to finish, then their jobs go back to the queue. */
  close(): Promise<void>;
}

/** Creates a worker on the queue of deliveries. It takes no job before `start`. */
export function createWebhookWorker(
  deps: Omit<DeliverDeps, 'slots'> & QueueWorkerDeps,
): WebhookWorker {
  const stopping = new AbortController();
  const { signal } = stopping;
  const delivering: DeliverDeps = { ...deps, slots: createEndpointSlots() };

  async function processJob(job: Job): Promise<JobOutcome<void>> {
    const parsed = deliveryJobSchema.safeParse(job.data);
    if (!parsed.success) return failBadJob(job, deps.log);
    try {
      const end = await deliver(delivering, parsed.data, signal);
      if (end.kind === 'done') return { kind: 'done', result: undefined };
      if (signal.aborted) return { kind: 'requeue' };
      const { attemptsStarted } = job;
      const inMs = end.kind === 'again' ? end.inMs : slotDelayMs(attemptsStarted, Math.random());
      return { kind: 'delay', until: Date.now() + inMs };
    } catch (error) {
      if (signal.aborted) return { kind: 'requeue' };
      throw error;
    }
  }

  const worker = openQueueWorker(deps, {
    queue: WEBHOOK_QUEUE,
    concurrency: CONCURRENCY,
    lockMs: LOCK_MS,
    isStopping: () => signal.aborted,
    process: processJob,
  });

  return {
    start: worker.start,
    close: () => closeInTime(worker, { finishMs: FINISH_MS, abort: () => stopping.abort() }),
  };
}
