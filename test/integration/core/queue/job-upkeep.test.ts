import { createJobUpkeep, type Job, newId } from '@baton/core/internal';
import { Worker } from 'bullmq';
import { describe, expect } from 'vitest';
import { makeLaunchJob } from '../../../support/factories.ts';
import { redisUrl } from '../../../support/services.ts';
import { waitFor } from '../../../support/wait.ts';
import { test as base } from '../stores.ts';

const soon = () => new Date(Date.now() + 3_600_000).toISOString();

const test = base.extend<{ takeOne: () => Promise<{ end(): Promise<void> }> }>({
  // Takes the next job and keeps it active until the test calls `end`.
  takeOne: async ({ queuePrefix, queue }, use) => {
    const done = Promise.withResolvers<void>();
    const worker = new Worker('sessions', () => done.promise, {
      connection: { url: redisUrl() },
      prefix: queuePrefix,
      autorun: false,
    });
    await use(async () => {
      const finished = new Promise<void>((resolve) => worker.once('completed', () => resolve()));
      void worker.run();
      await waitFor('the job to be taken', async () => (await queue.bull.getActiveCount()) === 1);
      return {
        end: () => {
          done.resolve();
          return finished;
        },
      };
    });
    done.resolve();
    await worker.close();
  },
});

async function all(pages: AsyncGenerator<string[]>): Promise<string[]> {
  const found: string[] = [];
  for await (const page of pages) found.push(...page);
  return found;
}

describe('the listed waiting jobs', () => {
  test('include plain, prioritized and delayed jobs, each once', async ({ queue }) => {
    await queue.bull.obliterate({ force: true });
    const plain = Array.from({ length: 600 }, () => makeLaunchJob());
    const jobs: Job[] = [
      ...plain,
      makeLaunchJob({ priority: 3 }),
      makeLaunchJob({ not_before: soon() }),
    ];
    for (const job of jobs) await queue.add(job);
    const found = await all(createJobUpkeep(queue.bull).waiting());
    expect(found.sort()).toEqual(jobs.map(({ id }) => id).sort());
    await queue.bull.obliterate({ force: true });
  });

  test('are an empty list if the queue is empty', async ({ queue }) => {
    expect(await all(createJobUpkeep(queue.bull).waiting())).toEqual([]);
  });

  test('do not include an active or a finished job', async ({ queue, takeOne }) => {
    const job = makeLaunchJob();
    await queue.add(job);
    const work = await takeOne();
    const upkeep = createJobUpkeep(queue.bull);
    expect(await all(upkeep.waiting())).toEqual([]);
    await work.end();
    expect(await all(upkeep.waiting())).toEqual([]);
    expect(await upkeep.find(job.id)).toMatchObject({ id: job.id, data: job });
  });
});

describe('the job of a session', () => {
  test('is added with its priority and start time if it is missing', async ({ queue }) => {
    const upkeep = createJobUpkeep(queue.bull);
    const first = makeLaunchJob({ priority: 5 });
    const later = makeLaunchJob({ not_before: soon() });
    expect(await upkeep.restore(first)).toBe(true);
    expect(await upkeep.restore(later)).toBe(true);
    expect(await queue.bull.getJobState(first.id)).toBe('prioritized');
    expect(await queue.bull.getJobState(later.id)).toBe('delayed');
    expect((await queue.bull.getJob(later.id))?.delay).toBeGreaterThan(3_500_000);
    for (const { id } of [first, later]) await upkeep.drop(id);
  });

  test.for([
    ['waits', {}],
    ['waits by priority', { priority: 5 }],
    ['waits for its start time', { not_before: soon() }],
  ] as const)('is left unchanged if it %s', async ([, fields], { queue }) => {
    const upkeep = createJobUpkeep(queue.bull);
    const job = makeLaunchJob(fields);
    await queue.add(job);
    const state = await queue.bull.getJobState(job.id);
    expect(await upkeep.restore({ ...job, priority: 9 })).toBe(false);
    expect(await queue.bull.getJobState(job.id)).toBe(state);
    await upkeep.drop(job.id);
  });

  test('is left unchanged while it is active, and added again after it finished', async ({
    queue,
    takeOne,
  }) => {
    const upkeep = createJobUpkeep(queue.bull);
    const job = makeLaunchJob();
    await queue.add(job);
    const work = await takeOne();
    expect(await upkeep.restore(job)).toBe(false);
    await upkeep.drop(job.id); // no effect: a worker has the job
    expect(await queue.bull.getJobState(job.id)).toBe('active');
    await work.end();
    await queue.bull.pause(); // so that no worker takes the new job
    expect(await upkeep.restore(job)).toBe(true);
    expect(await queue.bull.getJobState(job.id)).toBe('waiting');
    await upkeep.drop(job.id);
    await queue.bull.resume();
  });

  test('can be dropped twice', async ({ queue }) => {
    const upkeep = createJobUpkeep(queue.bull);
    const job = makeLaunchJob();
    await queue.add(job);
    await upkeep.drop(job.id);
    await upkeep.drop(job.id);
    await upkeep.drop(newId());
    expect(await upkeep.find(job.id)).toBeNull();
  });

  test('is promoted if it is delayed, and otherwise left unchanged', async ({ queue }) => {
    const later = makeLaunchJob({ not_before: soon() });
    const plain = makeLaunchJob();
    for (const job of [later, plain]) {
      await queue.add(job);
      await queue.promote(job.id);
      expect(await queue.bull.getJobState(job.id)).toBe('waiting');
      await queue.drop(job.id);
    }
    await queue.promote(newId());
  });
});
