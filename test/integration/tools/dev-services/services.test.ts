import { Redis } from 'ioredis';
import { describe, expect } from 'vitest';
import { redisUrl, test } from '../../../support/services.ts';

describe('in a test run,', () => {
  test('Redis writes an append-only file and evicts no keys', async () => {
    const redis = new Redis(redisUrl());
    expect(await redis.config('GET', 'appendonly')).toEqual(['appendonly', 'yes']);
    expect(await redis.config('GET', 'maxmemory-policy')).toEqual([
      'maxmemory-policy',
      'noeviction',
    ]);
    redis.disconnect();
  });

  test('every test file has its own database', async ({ db, databaseName }) => {
    await db.collection('things').insertOne({ name: 'one' });
    expect(await db.collection('things').countDocuments()).toBe(1);
    expect(db.databaseName).toBe(databaseName);
  });
});
