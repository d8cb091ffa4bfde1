import { defineConfig } from 'vitest/config';

// Most of a file's time is waiting for processes, leases and servers: more files than cores run side by
// side. Those that bound a recovery in seconds come last, one after the other.
const together = { maxWorkers: 5, sequence: { groupOrder: 1 } };
const alone = { maxWorkers: 1, sequence: { groupOrder: 2 } };
const TIMED = ['chaos', 'failure-codes', 'reliability'].map((name) => `test/e2e/${name}.test.ts`);

// Unit tests wait for nothing: no more of their files side by side than cores.
const waitless = { pool: 'threads' as const, maxWorkers: 2, sequence: { groupOrder: 0 } };

// To import Baton and its drivers takes about a second: the files of one worker share the modules.
const shared = { isolate: false, restoreMocks: true };

const endToEnd = {
  globalSetup: ['test/support/global-setup.ts'],
  testTimeout: 120_000,
  hookTimeout: 120_000,
};

// Pure tables; real servers with a fake claude; the real CLI alone; all of it together.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          ...waitless,
          ...shared,
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'integration',
          ...together,
          ...shared,
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/support/global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'contract',
          ...together,
          ...shared,
          include: ['test/contract/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          ...together,
          ...shared,
          ...endToEnd,
          include: ['test/e2e/**/*.test.ts'],
          exclude: TIMED,
        },
      },
      {
        test: {
          name: 'e2e-timed',
          ...alone,
          ...shared,
          ...endToEnd,
          include: TIMED,
        },
      },
    ],
  },
});
