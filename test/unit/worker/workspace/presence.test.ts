import { expect, onTestFinished, test } from 'vitest';
import { createPresence } from '../../../../apps/worker/src/workspace/presence.ts';
import { createLogger } from '../../../../packages/core/src/internal.ts';
import { untilPasses } from '../../../support/wait.ts';

test('a worker that may run no session notes nothing, so that no session waits for it', async () => {
  const noted: string[] = [];
  let looks = 0;
  const presence = createPresence({
    workers: {
      noteLive: async ({ workerId }) => void noted.push(workerId),
      remove: async () => {},
      async live() {
        looks += 1;
        return [];
      },
    },
    workerId: 'w',
    host: 'h',
    workRoot: '/srv/baton',
    liveMs: 1_000,
    log: createLogger('test', 'silent'),
  });
  for (const mayRun of [false, true]) {
    const stopped = new AbortController();
    onTestFinished(() => stopped.abort());
    const before = looks;
    presence.start(stopped.signal, () => mayRun);
    await untilPasses(() => expect(looks).toBeGreaterThan(before));
    expect(noted).toEqual(mayRun ? ['w'] : []);
  }
});
