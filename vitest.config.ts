import { defineConfig } from 'vitest/config';

// Most files wait for processes, leases and servers most of the time, so more files than cores run at once.
// These files run faults and many processes of the real CLI, which would slow down other files. They
// run last, one after the other.
const together = { maxWorkers: 5, sequence: { groupOrder: 1 } };
const alone = { maxWorkers: 1, sequence: { groupOrder: 2 } };
const TIMED = ['chaos', 'failure-codes', 'reliability'].map((name) => `test/e2e/${name}.test.ts`);

// Unit tests only compute, so more threads than cores would not make them faster.
const waitless = { pool: 'threads' as const, maxWorkers: 2, sequence: { groupOrder: 0 } };

// Importing Baton and its drivers takes about a second, so the files of one worker share the modules.
const shared = {
  isolate: false,
  // The default of a second is too short for a busy machine.
  expect: { poll: { timeout: 50_000 } },
  restoreMocks: true,
  setupFiles: ['test/support/no-leaks.ts'],
};

const endToEnd = {
  globalSetup: ['test/support/global-setup.ts'],
  testTimeout: 120_000,
  hookTimeout: 120_000,
};

// `unit` tests pure functions and tables. `integration` uses real servers and a fake claude. `contract` uses the
// real CLI and a scripted Messages API. `e2e` and `e2e-timed` use all of these together.
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
