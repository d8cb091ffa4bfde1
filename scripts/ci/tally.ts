import { relative } from 'node:path';
import { z } from 'zod';

/** The part of vitest's JSON report that the tally reads. */
export const reportSchema = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      /**
       * When the first test of the file started and the last test ended, in milliseconds since
       * 1970.
       */
      startTime: z.number().default(0),
      endTime: z.number().default(0),
      assertionResults: z.array(z.object({ status: z.string() })),
    }),
  ),
});
/** The report of one run of vitest. */
export type Report = z.infer<typeof reportSchema>;

/** One run of vitest: its exit status, and its report if it wrote one. */
export type TestRun = { readonly status: number; readonly report?: Report | undefined };

/** The combined result of all runs. */
export type Tally = {
  readonly passed: number;
  readonly failed: number;
  /** The files that failed in the first run and passed in the second. */
  readonly flaky: readonly string[];
};

/** Returns each file with tests that were not run, and the number of these tests. The paths are relative to `root`. */
export function skippedTests(report: Report, root: string): { file: string; count: number }[] {
  return report.testResults
    .map((file) => ({
      file: relative(root, file.name),
      count: SKIPPED.reduce((count, status) => count + countOf(file, status), 0),
    }))
    .filter(({ count }) => count > 0);
}

// The statuses of tests that vitest did not run.
const SKIPPED = ['skipped', 'todo'];

type FileResult = Report['testResults'][number];

/** Returns the paths of the files that failed, relative to `root`. */
export function failedFiles(report: Report, root: string): string[] {
  const failed = report.testResults.filter(hasFailed);
  return failed.map((file) => relative(root, file.name));
}

/** Returns the `count` slowest files, the slowest first, with paths relative to `root`. */
export function slowestFiles(
  { testResults }: Report,
  root: string,
  count: number,
): { file: string; seconds: number }[] {
  return testResults
    .map(({ name, startTime, endTime }) => ({
      file: relative(root, name),
      seconds: (endTime - startTime) / 1000,
    }))
    .sort((one, other) => other.seconds - one.seconds)
    .slice(0, count);
}

/**
 * Counts the tests by their last result: if the second run (`again`) reports a file, the results of
 * that run count. A file that failed without a failed test (it could not be loaded) counts as one
 * failure. A run that failed for a reason outside its report (an error outside all tests, a
 * timeout, no report) also counts as one failure.
 */
export function tally(root: string, first: TestRun, again?: TestRun): Tally {
  const before = first.report?.testResults ?? [];
  const after = again?.report?.testResults ?? [];
  const repeated = new Set(after.map((file) => file.name));
  const last = [...before.filter((file) => !repeated.has(file.name)), ...after];
  const flaky = before.filter((file) => hasFailed(file) && isPassed(after, file.name));
  // If the second run wrote no report, the failures of the first run count.
  const reported = again?.report ? [first, again] : [first];
  const unexplained = reported.filter(isUnexplained).length;
  return {
    passed: sum(last, (file) => countOf(file, 'passed')),
    failed: sum(last, failuresOf) + unexplained,
    flaky: flaky.map((file) => relative(root, file.name)),
  };
}

function hasFailed(file: FileResult): boolean {
  return failuresOf(file) > 0;
}

function isPassed(files: readonly FileResult[], name: string): boolean {
  return files.some((file) => file.name === name && !hasFailed(file));
}

function isUnexplained({ status, report }: TestRun): boolean {
  if (report === undefined || report.testResults.length === 0) return true;
  return status !== 0 && !report.testResults.some(hasFailed);
}

function failuresOf(file: FileResult): number {
  return countOf(file, 'failed') || (file.status === 'failed' ? 1 : 0);
}

function countOf({ assertionResults }: FileResult, status: string): number {
  return assertionResults.filter((test) => test.status === status).length;
}

function sum(files: readonly FileResult[], count: (file: FileResult) => number): number {
  return files.reduce((total, file) => total + count(file), 0);
}
