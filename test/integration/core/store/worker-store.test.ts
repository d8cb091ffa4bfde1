import { createWorkerStore } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { test } from '../../../support/services.ts';

const AT = Date.UTC(2026, 0, 1);

describe('the workers of the fleet', () => {
  test('are live until they fall silent for longer than asked, or leave', async ({ db }) => {
    let now = AT;
    const workers = createWorkerStore(db, { now: async () => new Date(now) });
    const one = { worker_id: 'w1', host: 'h1', work_root: '/srv/work' };
    const two = { worker_id: 'w2', host: 'h2', work_root: '/other' };
    expect(await workers.live(10_000)).toEqual([]);
    await workers.noteLive({ workerId: 'w2', host: 'h2', workRoot: '/other' });
    now += 5_000;
    await workers.noteLive({ workerId: 'w1', host: 'h1', workRoot: '/srv/work' });
    expect(await workers.live(10_000)).toEqual([one, two]);
    now += 5_001;
    expect(await workers.live(10_000)).toEqual([one]);
    await workers.noteLive({ workerId: 'w2', host: 'h2', workRoot: '/srv/work' });
    expect(await workers.live(10_000)).toEqual([one, { ...two, work_root: '/srv/work' }]);
    await workers.remove('w1');
    await workers.remove('w1');
    expect(await workers.live(10_000)).toEqual([{ ...two, work_root: '/srv/work' }]);
  });
});
