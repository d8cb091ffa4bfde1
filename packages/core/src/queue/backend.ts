// BullMQ's access to Redis, extended to continue past jobs that it cannot read and keys that it
// cannot use.
import {
  type BackendFactory,
  createRedisBackend,
  type JobJson,
  type KeepJobs,
  RedisQueueBackend,
  raw2NextJobData,
} from 'bullmq';
import { healQueue, type ScriptClient } from './heal-queue.ts';
import { type JobHash, makeReadable, placeholder } from './readable-job.ts';
import { HEALED_ERROR, isWrongStored } from './redis-trouble.ts';
import { strippedData } from './stripped-data.ts';

/** Scripts whose answer may hold the hash of the next job. */
const FETCHING = ['moveToActive', 'moveToFinished', 'moveToDelayed'];

/**
 * Scripts that Baton does not run again after a failure, because the failed run may already have
 * changed a part of the data.
 */
const ONCE = /^(add|moveToFinished|moveToDelayed|moveJobFromActiveToWait|retryJob)/;

type Client = ScriptClient & {
  hgetall(key: string): Promise<JobHash>;
  hset(key: string, fields: JobHash): Promise<unknown>;
  hdel(key: string, ...fields: string[]): Promise<unknown>;
};

class Backend extends RedisQueueBackend {
  override execCommand(
    client: Parameters<RedisQueueBackend['execCommand']>[0],
    name: string,
    args: unknown[],
  ) {
    const sent: unknown = super.execCommand(client, name, args);
    // A command inside a transaction returns no promise, because its answer comes with the answer
    // of the transaction.
    if (!(sent instanceof Promise)) return sent;
    const answered = sent.catch(async (error: unknown) => {
      if (!isWrongStored(error)) throw error;
      await this.heal(client as unknown as Client, name, error);
      if (ONCE.test(name)) throw error;
      return super.execCommand(client, name, args);
    });
    return FETCHING.includes(name)
      ? answered.then((answer) => this.readable(client as unknown as Client, answer))
      : answered;
  }

  override async getJobData(id: string): Promise<JobJson | undefined> {
    const client = (await this.queue.client) as unknown as Client;
    const stored = await client.hgetall(this.toKey(id)).catch((error: unknown): JobHash => {
      if (!isWrongStored(error)) throw error;
      return { data: placeholder('the job: expected a hash in Redis, got another kind of value') };
    });
    if (Object.keys(stored).length === 0) return undefined;
    return raw2NextJobData([Object.entries(makeReadable(stored).hash).flat(), id, 0, 0])[0];
  }

  // BullMQ uses only the ids of this result. BullMQ's own script also reads the hashes, and fails
  // if a job is not a hash.
  override async getJobs(
    ...range: Parameters<RedisQueueBackend['getJobs']>
  ): ReturnType<RedisQueueBackend['getJobs']> {
    const lists: string[][] = await this.getRanges(...range);
    return lists.map((ids) => ids.map((id): [string, string[]] => [id, []]));
  }

  // A job that has ended keeps no payload, because its session is in MongoDB. The settings of the
  // worker decide how many ended jobs are kept, and the options of the job are ignored.
  protected override moveToFinishedArgs(
    ...args: Parameters<RedisQueueBackend['moveToFinishedArgs']>
  ): ReturnType<RedisQueueBackend['moveToFinishedArgs']> {
    const [job, value, field, _remove, target, token, timestamp, fetchNext, fields] = args;
    const data = strippedData((job as { data?: unknown }).data);
    const stripped = { ...fields, data: JSON.stringify(data) };
    return super.moveToFinishedArgs(
      ...([job, value, field, undefined, target, token, timestamp, fetchNext, stripped] as const),
    );
  }

  protected override getKeepJobs(_requested: unknown, ours: KeepJobs | undefined): KeepJobs {
    return super.getKeepJobs(undefined, ours);
  }

  private async heal(client: Client, command: string, error: unknown): Promise<void> {
    const { set_aside, jobs } = await healQueue(client, this.toKey(''));
    if (set_aside.length + jobs.length === 0) return;
    const what = [...set_aside.map((key) => `key ${key}`), ...jobs.map((id) => `job ${id}`)].join(
      ', ',
    );
    const healed = new Error(`${command} failed; Baton repaired what made it fail: ${what}`, {
      cause: error,
    });
    this.emit('error', Object.assign(healed, { name: HEALED_ERROR }));
  }

  private async readable(client: Client, answer: unknown): Promise<unknown> {
    if (!Array.isArray(answer) || !Array.isArray(answer[0])) return answer;
    const [flat, id, ...rest] = answer;
    const { hash, problem } = makeReadable(fromFlat(flat));
    if (problem !== null) {
      // The scripts that end the job read the stored hash. So the fields that would make a script
      // fail are replaced or removed in Redis, too.
      const key = this.toKey(String(id));
      await client.hset(key, { data: hash['data'] ?? '', opts: '{}' });
      await client.hdel(key, 'parent', 'parentKey', 'rjk', 'deid');
    }
    return [Object.entries(hash).flat(), id, ...rest];
  }
}

function fromFlat(flat: readonly unknown[]): JobHash {
  const hash: JobHash = {};
  for (let at = 0; at + 1 < flat.length; at += 2) hash[String(flat[at])] = String(flat[at + 1]);
  return hash;
}

/**
 * Creates the backend of Baton's queues and workers: the last constructor argument of BullMQ's
 * classes.
 */
export const createBackend: BackendFactory<RedisQueueBackend> = (name, opts, options) => {
  const backend = createRedisBackend(name, opts, options);
  // BullMQ's factory opens the connections that its class needs, but it cannot create an object of
  // another class. So this function sets the object's prototype after the call.
  return Object.setPrototypeOf(backend, Backend.prototype);
};
