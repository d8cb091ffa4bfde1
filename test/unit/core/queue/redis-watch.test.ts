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
    ['a lost lock', new Error('could not renew lock for job 7')],
    [
      'a schedule that BullMQ cannot continue',
      new Error('Failed to add repeatable job for next iteration: x'),
    ],
    [
      'a repaired queue',
      Object.assign(new Error('moveToActive failed, and this was put right: job 7'), {
        name: 'QueueHealedError',
      }),
    ],
  ])('does not report %s as an unreachable Redis', async (_what, error) => {
    const { watch, lines } = createScene();
    watch.note(error, 'sessions');
    await watch.probe();
    expect(lines).toEqual(['the queue reports an error']);
  });

  it('logs an unreachable Redis once, and its return once', async () => {
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
