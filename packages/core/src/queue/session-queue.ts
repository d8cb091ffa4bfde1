import { type JobsOptions, Queue } from 'bullmq';
import { withDeadline } from '../deadline.ts';
import { AppError } from '../model/app-error.ts';
import { checkSize, type Job, QUEUE_PREFIX, SESSION_QUEUE } from '../model/job.ts';
import { openProducerRedis, type RedisConnection } from './redis.ts';

/** How long a call waits for Redis, a first connection included, in milliseconds. */
const ANSWER_TIMEOUT_MS = 5_000;

const DAY_S = 24 * 3600;

/** Where the queue lives. `prefix` is for tests and shared Redis servers; the default is `baton`. */
export interface SessionQueueOptions {
  connection: RedisConnection;
  prefix?: string;
}

/** A job as the queue holds it: `data` is whatever its producer wrote. */
export interface FoundJob {
  id: string;
  data: unknown;
  timestamp: number;
}

/** The queue that every session goes through. */
export interface SessionQueue {
  /** Adds a job; throws PAYLOAD_TOO_LARGE over 1 MiB and UNAVAILABLE while Redis is away. */
  add(job: Job): Promise<void>;
  /** The job of a session, in whatever state, or null. */
  find(id: string): Promise<FoundJob | null>;
  /** Says whether Redis answers. */
  ping(): Promise<void>;
  /** BullMQ's own queue, for dashboards. */
  bull: Queue;
  close(): Promise<void>;
}

/** The options of every session's job: tried by Baton's rules, never by BullMQ's (bullmq section 5). */
export function jobOptions(job: Job, now: number): JobsOptions {
  const delay = job.not_before === undefined ? 0 : Date.parse(job.not_before) - now;
  return {
    jobId: job.id,
    attempts: 1,
    removeOnComplete: { age: DAY_S, count: 10_000 },
    removeOnFail: { age: 7 * DAY_S, count: 10_000 },
    ...(job.priority ? { priority: job.priority } : {}),
    ...(delay > 0 ? { delay } : {}),
  };
}

/** Opens the queue. Redis need not be up yet: calls fail with UNAVAILABLE until it is. */
export function createSessionQueue({
  connection,
  prefix = QUEUE_PREFIX,
}: SessionQueueOptions): SessionQueue {
  const { client, owned } = openProducerRedis(connection);
  client.on('error', ignore);
  const bull = new Queue(SESSION_QUEUE, { connection: client, prefix, skipVersionCheck: true });
  bull.on('error', ignore);
  let ready = false;

  async function askOnceReady<T>(ask: () => Promise<T>): Promise<T> {
    if (!ready) await bull.waitUntilReady();
    ready = true;
    return ask();
  }

  // Bounded here as well: a client that the caller handed over may wait for Redis without end.
  async function answer<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await withDeadline(ANSWER_TIMEOUT_MS, () => askOnceReady(ask));
    } catch (cause) {
      throw new AppError('UNAVAILABLE', 'Redis does not answer; ask again later', { cause });
    }
  }

  return {
    bull,
    async add(job) {
      checkSize(job);
      await answer(() => bull.add(job.kind, job, jobOptions(job, Date.now())));
    },
    async find(id) {
      const job = await answer(() => bull.getJob(id));
      return job ? { id, data: job.data, timestamp: job.timestamp } : null;
    },
    async ping() {
      await answer(() => client.ping());
    },
    async close() {
      await bull.close();
      if (owned) client.disconnect();
    },
  };
}

// Both emit 'error' while Redis is away; every call says so itself, and an unheard 'error' ends the process.
function ignore(): void {}
