import type { Queue } from 'bullmq';
import { checkSize, type Job, QUEUE_PREFIX, SESSION_QUEUE } from '../model/job/job.ts';
import type { Logger } from '../runtime/log.ts';
import { createBoundedRun } from './bounded-run.ts';
import { type ControlMessage, publishControl } from './control.ts';
import { createJobUpkeep } from './job-upkeep.ts';
import { createLivePublisher, type LivePublisher } from './live.ts';
import { createRateWindows, type RateWindows } from './minute-windows.ts';
import { openQueue, type SessionQueueOptions } from './open-queue.ts';
import { createPause, type QueuePause } from './queue-pause.ts';
import { buildJobOptions, type FoundJob } from './queued-job.ts';
import { isStripped } from './stripped-data.ts';

/** How long the key that a ping writes stays in Redis, in milliseconds. */
const WRITABLE_MS = 60_000;

/** The queue that every session goes through. */
export interface SessionQueue extends QueuePause {
  /** Adds a job. Throws PAYLOAD_TOO_LARGE over 1 MiB, and UNAVAILABLE while Redis takes no jobs. */
  add(job: Job): Promise<void>;
  /** Adds these jobs with one command, which adds either all of them or none. Throws like `add`. */
  addMany(jobs: readonly Job[]): Promise<void>;
  /** Returns the job of a session that has not ended, or null. */
  find(id: string): Promise<FoundJob | null>;
  /** Returns the job of a session, or null. The job of a session that has ended has no payload. */
  findAny(id: string): Promise<FoundJob | null>;
  /**
   * Adds a session's job unless the session has a live job. Removes a finished job of the session
   * first.
   */
  restore(job: Job): Promise<void>;
  /**
   * Removes a session's job if no worker processes it. Does nothing if the job is gone or a worker
   * took it.
   */
  drop(id: string): Promise<void>;
  /** Makes a delayed job ready now. Does nothing if the job is not delayed. */
  promote(id: string): Promise<void>;
  /**
   * Publishes a message to every worker. If no worker receives the message, that is not an error.
   */
  sendControl(message: ControlMessage): Promise<void>;
  /** Publishes to the live channel. */
  live: LivePublisher;
  /** Counts sessions per minute, for the limits. */
  rates: RateWindows;
  /** Resolves if Redis takes a write. Otherwise throws UNAVAILABLE with the reason. */
  ping(): Promise<void>;
  /** BullMQ's own queue, for dashboards. */
  bull: Queue;
  close(): Promise<void>;
}

/** Opens the queue. Redis need not be up yet: calls fail with UNAVAILABLE until it is. */
export function createSessionQueue({
  connection,
  prefix = QUEUE_PREFIX,
  log,
}: SessionQueueOptions & { log?: Pick<Logger, 'error'> }): SessionQueue {
  const { bull, client, close } = openQueue(SESSION_QUEUE, { connection, prefix });
  const runBounded = createBoundedRun(bull);
  const windows = createRateWindows(client, prefix);
  const upkeep = createJobUpkeep(bull);

  async function findAny(id: string): Promise<FoundJob | null> {
    const job = await runBounded(() => bull.getJob(id));
    return job ? { id, data: job.data, timestamp: job.timestamp } : null;
  }

  return {
    bull,
    close,
    live: createLivePublisher(client, prefix),
    rates: {
      consume: (name, max) => runBounded(() => windows.consume(name, max)),
      refund: (name) => runBounded(() => windows.refund(name)),
      peek: (name, max) => runBounded(() => windows.peek(name, max)),
    },
    async add(job) {
      checkSize(job);
      await runBounded(() => bull.add(job.kind, job, buildJobOptions(job, Date.now())));
    },
    async addMany(jobs) {
      for (const job of jobs) checkSize(job);
      const now = Date.now();
      const bulk = jobs.map((job) => ({
        name: job.kind,
        data: job,
        opts: buildJobOptions(job, now),
      }));
      await runBounded(() => bull.addBulk(bulk));
    },
    async find(id) {
      const job = await findAny(id);
      // An ended job keeps no payload, so no session can be created from it.
      return job && isStripped(job.data) ? null : job;
    },
    findAny,
    async restore(job) {
      await runBounded(() => upkeep.restore(job));
    },
    async drop(id) {
      await runBounded(() => upkeep.drop(id));
    },
    async promote(id) {
      const job = await runBounded(() => bull.getJob(id));
      // The promotion fails if the delay has just ended, but then the job is ready anyway.
      await runBounded(async () => job?.promote()).catch(() => {});
    },
    ...createPause(bull, runBounded, log),
    async sendControl(message) {
      await runBounded(() => publishControl(client, message, prefix));
    },
    async ping() {
      await runBounded(() => client.set(`${prefix}:writable`, '1', 'PX', WRITABLE_MS));
    },
  };
}
