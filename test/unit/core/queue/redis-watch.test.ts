import { createRedisWatch, type Logger } from '@baton/core/internal';
import { describe, expect, it } from 'vitest';

function createScene() {
  const lines: string[] = [];
  const log = {
    warn: (_facts: unknown, line: string) => lines.push(line),
    info: (line: string) => lines.push(line),
  } as unknown as Logger;
  return { watch: createRedisWatch(async () => {}, log), lines };
}

describe('createRedisWatch', () => {
  it.each([
    ['a lock that was lost', new Error('could not renew lock for job 7')],
    [
      'a schedule that cannot go on',
      new Error('Failed to add repeatable job for next iteration: x'),
    ],
    [
      'a queue that was put right',
      Object.assign(new Error('moveToActive failed, and this was put right: job 7'), {
        name: 'QueueHealedError',
      }),
    ],
  ])('does not take %s for a Redis that does not answer', async (_what, error) => {
    const { watch, lines } = createScene();
    watch.note(error, 'sessions');
    await watch.probe();
    expect(lines).toEqual(['the queue reports an error']);
  });

  it('logs once that Redis does not answer, and once that it does', async () => {
    const { watch, lines } = createScene();
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    watch.note(refused, 'sessions');
    watch.note(refused, 'webhooks');
    await watch.probe();
    expect(lines).toEqual([
      'Redis does not answer; sessions wait until Redis can be written to',
      'Redis takes writes again',
    ]);
  });
});
