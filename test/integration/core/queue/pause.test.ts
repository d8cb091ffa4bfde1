import { createSessionQueue } from '@baton/core/internal';
import { describe, expect, vi } from 'vitest';
import { redisUrl } from '../../../support/services.ts';
import { waitFor } from '../../../support/wait.ts';
import { test } from '../stores.ts';

describe('a session queue', () => {
  test('pauses for all processes, and a shorter pause does not shorten a longer one', async ({
    queue,
    queuePrefix,
  }) => {
    const other = createSessionQueue({ connection: redisUrl(), prefix: queuePrefix });
    expect(await queue.pauseMs()).toBe(0);
    await queue.pause(60_000);
    await queue.pause(20);
    expect(await other.pauseMs()).toBeGreaterThan(20);
    await queue.bull.removeRateLimitKey();
    await queue.pause(20);
    await waitFor('the end of the pause', async () => (await other.pauseMs()) === 0);
    await other.close();
  });

  test('shortens a day-long pause of another tool to at most five minutes, and logs the change once', async ({
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
