import { describe, expect, test } from 'vitest';
import {
  failedFiles,
  type Report,
  reportSchema,
  skippedTests,
  slowestFiles,
  tally,
} from '../../../../scripts/ci/tally.ts';

/**
 * Returns a report with these results of each file's tests: `p` passed, `f` failed, `s` skipped. `!` is a
 * file that could not be loaded.
 */
function report(files: Record<string, string>): Report {
  return {
    testResults: Object.entries(files).map(([file, tests]) => ({
      name: `/project/${file}`,
      status: /[f!]/.test(tests) ? 'failed' : 'passed',
      startTime: 0,
      endTime: 0,
      assertionResults: [...tests.replace('!', '')].map((one) => ({
        status: { p: 'passed', f: 'failed' }[one] ?? 'skipped',
      })),
    })),
  };
}

const good = (files: Record<string, string>) => ({ status: 0, report: report(files) });
const bad = (files: Record<string, string>) => ({ status: 1, report: report(files) });

test('failed files are named by their paths in the project', () => {
  const files = { 'a.test.ts': 'pp', 'b.test.ts': 'pf', 'c.test.ts': '!', 'd.test.ts': 's' };
  expect(failedFiles(report(files), '/project')).toEqual(['b.test.ts', 'c.test.ts']);
});

test('skippedTests returns the files with tests that did not run, and counts those tests', () => {
  const files = { 'a.test.ts': 'pp', 'b.test.ts': 'pss', 'c.test.ts': 's', 'd.test.ts': '!' };
  expect(skippedTests(report(files), '/project')).toEqual([
    { file: 'b.test.ts', count: 2 },
    { file: 'c.test.ts', count: 1 },
  ]);
});

test('slowestFiles returns the slowest files with their seconds, the slowest first', () => {
  const took = (name: string, startTime: number, endTime: number) => ({
    ...{ name: `/project/${name}`, status: 'passed', assertionResults: [] },
    startTime,
    endTime,
  });
  const testResults = [took('a', 1_000, 2_500), took('b', 1_000, 31_000), took('c', 0, 20)];
  expect(slowestFiles({ testResults }, '/project', 2)).toEqual([
    { file: 'b', seconds: 30 },
    { file: 'a', seconds: 1.5 },
  ]);
});

test('a report without times is valid, and its files took 0 seconds', () => {
  const file = { name: '/project/a', status: 'passed', assertionResults: [] };
  const read = reportSchema.parse({ testResults: [file] });
  expect(slowestFiles(read, '/project', 10)).toEqual([{ file: 'a', seconds: 0 }]);
});

describe('the tally', () => {
  test.each([
    ['all tests pass', good({ a: 'pps', b: 'p' }), undefined, 3, 0, []],
    ['a test fails twice', bad({ a: 'pf', b: 'p' }), bad({ a: 'pf' }), 2, 1, []],
    ['a test passes the second time', bad({ a: 'pf', b: 'p' }), good({ a: 'pp' }), 3, 0, ['a']],
    ['another test fails the second time', bad({ a: 'pf' }), bad({ a: 'fp' }), 1, 1, []],
    [
      'one of two files passes the second time',
      bad({ a: 'pf', b: 'f' }),
      bad({ a: 'pf', b: 'p' }),
      2,
      1,
      ['b'],
    ],
    [
      'a file cannot be loaded the first time',
      bad({ a: '!', b: 'p' }),
      good({ a: 'ppp' }),
      4,
      0,
      ['a'],
    ],
    ['a file cannot be loaded both times', bad({ a: '!', b: 'p' }), bad({ a: '!' }), 1, 1, []],
    ['an error occurs outside all tests', { ...good({ a: 'p' }), status: 1 }, undefined, 1, 1, []],
    ['the run writes no report', { status: 124 }, undefined, 0, 1, []],
    ['the run has no tests', good({}), undefined, 0, 1, []],
    ['the second run writes no report', bad({ a: 'pf' }), { status: 124 }, 1, 1, []],
    [
      'an error occurs outside all tests the second time',
      bad({ a: 'pf' }),
      { ...good({ a: 'pp' }), status: 1 },
      2,
      1,
      ['a'],
    ],
  ])('counts the results if %s', (_, first, again, passed, failed, flaky) => {
    expect(tally('/project', first, again)).toEqual({ passed, failed, flaky });
  });
});
