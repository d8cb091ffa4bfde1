import { Redis } from 'ioredis';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Services, startServices } from '../../../../tools/dev-services/services.ts';
import { startEnvironment } from '../../../support/launcher.ts';

let services: Services;

beforeAll(async () => {
  services = await startServices({ env: startEnvironment(), log: () => {} });
});
afterAll(() => services.stop());

async function redis<T>(work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(services.redis.url, { retryStrategy: () => null, lazyConnect: true });
  client.on('error', () => {}); // the call rejects with this error
  try {
    await client.connect();
    return await work(client);
  } finally {
    client.disconnect();
  }
}

async function mongodb<T>(work: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(services.mongodb.url, {
    serverSelectionTimeoutMS: 1_000,
    writeConcern: { w: 'majority', journal: true }, // a write survives a crash, as with connectMongo
  });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

describe.each(['kill', 'stop'] as const)('after a %s', (end) => {
  test('Redis does not answer, and a restart brings it back with the same address and data', async () => {
    await redis((client) => client.set('kept', end));
    await services.redis.outages?.[end]();
    await expect(redis((client) => client.ping())).rejects.toThrow();
    await Promise.all([services.redis.outages?.start(), services.redis.outages?.start()]);
    expect(await redis((client) => client.get('kept'))).toBe(end);
  });

  test('MongoDB does not answer, and a restart brings it back with the same address and data', async () => {
    const things = (client: MongoClient) => client.db('test').collection('things');
    await mongodb((client) => things(client).insertOne({ end }));
    await services.mongodb.outages?.[end]();
    await expect(mongodb((client) => things(client).findOne({ end }))).rejects.toThrow();
    await Promise.all([services.mongodb.outages?.start(), services.mongodb.outages?.start()]);
    expect(await mongodb((client) => things(client).findOne({ end }))).toMatchObject({ end });
  });
});

test('a requested outage does not count as a failure of the services', async () => {
  let failed = '';
  void services.failed.then((why) => {
    failed = why;
  });
  await services.redis.outages?.kill();
  await services.redis.outages?.start();
  expect(failed).toBe('');
});
