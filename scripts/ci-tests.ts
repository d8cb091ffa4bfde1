// What the runs of vitest in .ci/run say together.
//   failed REPORT                       prints the test files that failed, one a line
//   tally REPORT STATUS [REPORT STATUS] prints "flaky: FILE" lines, then "PASSED FAILED"
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { failedFiles, type Report, reportSchema, type TestRun, tally } from './ci/tally.ts';

const root = join(import.meta.dirname, '..');
const [, , command, report = '', status = '', again, statusAgain = ''] = process.argv;

if (command === 'failed') {
  const read = readReport(report);
  for (const file of read ? failedFiles(read, root) : []) console.log(file);
} else {
  const second = again === undefined ? undefined : testRun(again, statusAgain);
  const { passed, failed, flaky } = tally(root, testRun(report, status), second);
  for (const file of flaky) console.log(`flaky: ${file}`);
  console.log(`${passed} ${failed}`);
}

function testRun(path: string, exitStatus: string): TestRun {
  return { status: Number(exitStatus), report: readReport(path) };
}

/** The report at this path, or undefined where vitest was ended before it wrote one. */
function readReport(path: string): Report | undefined {
  try {
    return reportSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}
