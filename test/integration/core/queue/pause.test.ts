import { createSessionQueue } from '@baton/core';
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
    expect(await queue.restMs()).toBe(0);
    await queue.rest(500);
    await queue.rest(20);
    expect(await other.restMs()).toBeGreaterThan(300);
    await waitFor('the end of the rest', async () => (await other.restMs()) === 0);
    await other.close();
  });
});
