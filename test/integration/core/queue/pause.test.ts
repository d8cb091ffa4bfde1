import { createSessionQueue } from '@baton/core/internal';
import { describe, expect } from 'vitest';
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
});
