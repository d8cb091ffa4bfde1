// Combines the reports of the vitest runs in .ci/run:
//   failed REPORT                       prints the test files that failed, one per line
//   tally REPORT STATUS [REPORT STATUS] prints "slow: SECONDS s FILE" lines for the slowest files of the first report,
//                                       then "skipped: COUNT FILE" and "flaky: FILE" lines, then "PASSED FAILED"
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  failedFiles,
  type Report,
  reportSchema,
  skippedTests,
  slowestFiles,
  type TestRun,
  tally,
} from './ci/tally.ts';

const root = join(import.meta.dirname, '..');
const SLOWEST = 10;
const NO_FILES: Report = { testResults: [] };
const [, , command, report = '', status = '', again, statusAgain = ''] = process.argv;

if (command === 'failed') {
  const read = readReport(report);
  for (const file of read ? failedFiles(read, root) : []) console.log(file);
} else {
  const first = testRun(report, status);
  const second = again === undefined ? undefined : testRun(again, statusAgain);
  const { passed, failed, flaky } = tally(root, first, second);
  for (const { file, seconds } of slowestFiles(first.report ?? NO_FILES, root, SLOWEST))
    console.log(`slow: ${seconds.toFixed(1)} s ${file}`);
  for (const { file, count } of skippedTests(first.report ?? NO_FILES, root))
    console.log(`skipped: ${count} ${file}`);
  for (const file of flaky) console.log(`flaky: ${file}`);
  console.log(`${passed} ${failed}`);
}

function testRun(path: string, exitStatus: string): TestRun {
  return { status: Number(exitStatus), report: readReport(path) };
}

/** Reads the report at this path. Returns undefined if vitest ended before it wrote a report. */
function readReport(path: string): Report | undefined {
  try {
    return reportSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}
