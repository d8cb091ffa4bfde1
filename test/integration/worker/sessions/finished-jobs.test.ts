// A finished job keeps no payload, and only a few finished jobs are kept, because the document
// holds everything.
import { Redis } from 'ioredis';
import { expect, onTestFinished, vi } from 'vitest';
import { openApi } from '../../../support/api.ts';
import { test } from '../../../support/fleet.ts';
import { redisUrl } from '../../../support/services.ts';
import { waitFor } from '../../../support/wait.ts';

const KIB_500 = 500 * 1024;

test('24 ended sessions of 500 KiB use less than 200 KiB of Redis memory', {
  timeout: 120_000,
}, async ({ fleet: parent }) => {
  const fleet = parent.sibling(onTestFinished);
  await fleet.worker();
  const ids: string[] = [];
  for (let n = 0; n < 24; n += 1) {
    const max_turns = n % 2 === 0 ? 3 : ('three' as unknown as number);
    const config = { query: 'hello', append_system_prompt: 'x'.repeat(KIB_500), max_turns };
    const id = crypto.randomUUID();
    // Every other session fails. The worker ignores a producer's removeOnComplete.
    const data = { version: 1, kind: 'launch', id, title: `n ${n}`, config };
    await fleet.queue.add('launch', data, { jobId: id, removeOnComplete: false });
    ids.push(id);
  }
  for (const id of ids) {
    await waitFor(`job ${id} to be over`, async () =>
      ['completed', 'failed'].includes(await fleet.queue.getJobState(id)),
    );
  }
  const redis = new Redis(redisUrl());
  onTestFinished(() => redis.disconnect());
  let bytes = 0;
  for (const key of await redis.keys(`${fleet.env['QUEUE_PREFIX']}:*`)) {
    bytes += Number(await redis.memory('USAGE', key, 'SAMPLES', 0));
  }
  expect(bytes).toBeLessThan(200 * 1024);
  expect((await fleet.queue.getJob(ids[0] ?? ''))?.data).toMatchObject({ title: 'n 0' });
});

test('a queue keeps as many finished jobs as the settings say, whatever their producers asked for', async ({
  fleet: parent,
}) => {
  const fleet = parent.sibling(onTestFinished);
  await fleet.worker({
    QUEUE_KEEP_COMPLETED: '3',
    QUEUE_KEEP_FAILED: '2',
    WORKER_CONCURRENCY: '1',
  });
  for (let n = 0; n < 12; n += 1) {
    const id = crypto.randomUUID();
    const config = n % 2 === 0 ? { query: 'hello' } : { query: 7 };
    const data = { version: 1, kind: 'launch', id, config };
    await fleet.queue.add('launch', data, {
      jobId: id,
      removeOnComplete: false,
      removeOnFail: false,
    });
  }
  const nothingLeft = { active: 0, delayed: 0, prioritized: 0, waiting: 0 };
  await vi.waitFor(
    async () =>
      expect(await fleet.queue.getJobCounts()).toMatchObject({
        ...nothingLeft,
        completed: 3,
        failed: 2,
      }),
    { timeout: 20_000, interval: 50 },
  );
});

test('a finished job is never adopted: a lost session is not found, and can be launched again', async ({
  fleet: parent,
}) => {
  const fleet = parent.sibling(onTestFinished);
  await fleet.worker();
  const { MONGODB_URL: mongodb = '', QUEUE_PREFIX: prefix = '' } = fleet.env;
  const api = await openApi({ redis: redisUrl(), mongodb, prefix });
  onTestFinished(() => api.close());
  const idempotency_key = 'once';
  const launch = () =>
    api.app.inject({
      method: 'POST',
      url: '/v1/sessions',
      payload: { query: 'hello' },
      headers: { 'idempotency-key': idempotency_key },
    });
  const { id } = (await launch()).json();
  await fleet.ended(id);
  await waitFor(
    'its job to be done',
    async () => (await fleet.queue.getJobState(id)) === 'completed',
  );
  expect((await launch()).json()).toMatchObject({ id, status: 'completed' });

  await fleet.db.collection('sessions').deleteMany({});

  expect((await api.app.inject({ url: `/v1/sessions/${id}` })).statusCode).toBe(404);
  expect((await launch()).json()).toMatchObject({ id, status: 'queued' });
  expect((await fleet.ended(id)).status).toBe('completed');
});
