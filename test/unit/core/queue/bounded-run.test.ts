import type { Queue } from 'bullmq';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createBoundedRun } from '../../../../packages/core/src/queue/bounded-run.ts';

const never = () => new Promise<never>(() => {});
const ready = async () => {};

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test.each([
  ['Redis does not answer', ready, never],
  ['the first connection is not made', never, ready],
])('a call fails as UNAVAILABLE after five seconds if %s', async (_what, waitUntilReady, call) => {
  const run = createBoundedRun({ waitUntilReady } as unknown as Queue);
  let error: unknown;
  const failed = run(call).catch((cause: unknown) => {
    error = cause;
  });
  await vi.advanceTimersByTimeAsync(4_999);
  expect(error).toBeUndefined();
  await vi.advanceTimersByTimeAsync(1);
  await failed;
  expect(error).toMatchObject({ code: 'UNAVAILABLE' });
});
