// BullMQ and deliveries: a job is one delivery, taken again for each try.
import {
  createBackend,
  deliveryJobSchema,
  type KeptJobs,
  keptJobs,
  type Logger,
  type openWorkerRedis,
  type RedisWatch,
  WEBHOOK_QUEUE,
  withDeadline,
} from '@baton/core/internal';
import { DelayedError, type Job, WaitingError, Worker } from 'bullmq';
import { badJob } from '../job/bad-job.ts';
import { type DeliverDeps, deliver } from './deliver.ts';
import { createEndpointSlots, putOffMs } from './endpoint-slots.ts';

/** Requests that a process makes at once. */
const CONCURRENCY = 20;

/** How long a job waits that met an unavailable store, in milliseconds. */
const STORE_AWAY_DELAY_MS = 2_000;

/** How long requests under way may finish once the process stops, and what is left then to let go, in milliseconds. */
const FINISH_MS = 2_000;
const LET_GO_MS = 1_500;

/** A delivery whose process died is taken by another within seconds. */
const LOCK_MS = 10_000;
const STALLED_INTERVAL_MS = 5_000;

/** How long a fetch that failed is waited for before the next one, in milliseconds. */
const FETCH_AGAIN_MS = 1_000;

// Tries are counted in the document; BullMQ would fail a job that lost its worker too often.
const OUT_OF_REACH = 1_000_000_000;

/** The deliveries that this process makes. */
export interface WebhookWorker {
  start(): void;
  /** Takes no more; what is under way may finish for two seconds, and goes back to the queue then. */
  close(): Promise<void>;
}

/** A worker on the queue of deliveries; it takes nothing before `start`. */
export function createWebhookWorker(
  deps: Omit<DeliverDeps, 'places'> & {
    connection: ReturnType<typeof openWorkerRedis>;
    prefix: string;
    kept: KeptJobs;
    watch: Pick<RedisWatch, 'note'>;
    log: Logger;
  },
): WebhookWorker {
  const stopping = new AbortController();
  const making: DeliverDeps = { ...deps, places: createEndpointSlots() };

  async function take(job: Job, token?: string): Promise<void> {
    const parsed = deliveryJobSchema.safeParse(job.data);
    if (!parsed.success) throw badJob(job, deps.log);
    const end = await deliver(making, parsed.data, stopping.signal).catch((error: unknown) => {
      if (!stopping.signal.aborted) {
        deps.log.warn({ err: error, job_id: job.id }, 'a delivery could not be made; it waits');
      }
      return { kind: 'again', inMs: STORE_AWAY_DELAY_MS } as const;
    });
    if (end.kind === 'done') return;
    if (stopping.signal.aborted) {
      await job.moveToWait(token);
      throw new WaitingError();
    }
    const inMs = end.kind === 'again' ? end.inMs : putOffMs(job.attemptsStarted, Math.random());
    await job.moveToDelayed(Date.now() + inMs, token);
    throw new DelayedError();
  }

  const options = {
    ...keptJobs(deps.kept),
    runRetryDelay: FETCH_AGAIN_MS,
    connection: deps.connection,
    prefix: deps.prefix,
    concurrency: CONCURRENCY,
    lockDuration: LOCK_MS,
    stalledInterval: STALLED_INTERVAL_MS,
    maxStalledCount: OUT_OF_REACH,
    autorun: false,
    skipVersionCheck: true,
  };
  const worker: Worker = new Worker(WEBHOOK_QUEUE, take, options, createBackend);
  worker.on('error', (error) => deps.watch.note(error, WEBHOOK_QUEUE));

  return {
    start() {
      worker
        .run()
        .catch((error: unknown) => deps.log.error({ err: error }, 'the loop of webhooks ended'));
    },
    async close() {
      const closed = worker.close();
      await withDeadline(FINISH_MS, () => closed).catch(() => stopping.abort());
      // What is let go then is found stalled by another worker.
      await withDeadline(LET_GO_MS, () => closed).catch(() => worker.close(true));
    },
  };
}
