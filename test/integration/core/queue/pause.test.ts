import { createSessionQueue } from '@baton/core/internal';
import { describe, expect, vi } from 'vitest';
import { redisUrl } from '../../../support/services.ts';
import { waitFor } from '../../../support/wait.ts';
import { test } from '../stores.ts';

describe('a queue', () => {
  test('rests for as long as it was told, for everyone, and a shorter rest does not cut it', async ({
    queue,
    queuePrefix,
  }) => {
    const other = createSessionQueue({ connection: redisUrl(), prefix: queuePrefix });
    expect(await queue.pauseMs()).toBe(0);
    await queue.pause(500);
    await queue.pause(20);
    expect(await other.pauseMs()).toBeGreaterThan(300);
    await waitFor('the end of the rest', async () => (await other.pauseMs()) === 0);
    await other.close();
  });

  test('is paused by another hand for five minutes at most, and says so once', async ({
    queue,
    queuePrefix,
  }) => {
    const log = { error: vi.fn() };
    const connection = redisUrl();
    const other = createSessionQueue({ connection, prefix: queuePrefix, log });
    await queue.bull.rateLimit(86_400_000);
    for (let round = 0; round < 2; round += 1) {
      expect(await other.pauseMs()).toBeLessThanOrEqual(300_000);
      expect(await queue.bull.getRateLimitTtl()).toBeLessThanOrEqual(300_000);
    }
    expect(log.error).toHaveBeenCalledTimes(1);
    await queue.bull.removeRateLimitKey();
    await other.close();
  });
});
