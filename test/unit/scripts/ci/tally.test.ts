import { describe, expect, test } from 'vitest';
import {
  failedFiles,
  type Report,
  reportSchema,
  slowestFiles,
  tally,
} from '../../../../scripts/ci/tally.ts';

/** A report in which each file has these results of its tests; `!` is a file that could not be loaded. */
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

test('the files that failed are named by their paths in the project', () => {
  const files = { 'a.test.ts': 'pp', 'b.test.ts': 'pf', 'c.test.ts': '!', 'd.test.ts': 's' };
  expect(failedFiles(report(files), '/project')).toEqual(['b.test.ts', 'c.test.ts']);
});

test('the slowest files are named with their seconds, the slowest one first', () => {
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

test('a report without times is read as well', () => {
  const file = { name: '/project/a', status: 'passed', assertionResults: [] };
  const read = reportSchema.parse({ testResults: [file] });
  expect(slowestFiles(read, '/project', 10)).toEqual([{ file: 'a', seconds: 0 }]);
});

describe('the tally', () => {
  test.each([
    ['all passed', good({ a: 'pps', b: 'p' }), undefined, 3, 0, []],
    ['failed twice', bad({ a: 'pf', b: 'p' }), bad({ a: 'pf' }), 2, 1, []],
    ['passed the second time', bad({ a: 'pf', b: 'p' }), good({ a: 'pp' }), 3, 0, ['a']],
    ['another test failed then', bad({ a: 'pf' }), bad({ a: 'fp' }), 1, 1, []],
    ['one of two passed then', bad({ a: 'pf', b: 'f' }), bad({ a: 'pf', b: 'p' }), 2, 1, ['b']],
    ['could not be loaded at first', bad({ a: '!', b: 'p' }), good({ a: 'ppp' }), 4, 0, ['a']],
    ['could not be loaded at all', bad({ a: '!', b: 'p' }), bad({ a: '!' }), 1, 1, []],
    ['an error outside any test', { ...good({ a: 'p' }), status: 1 }, undefined, 1, 1, []],
    ['ended without a report', { status: 124 }, undefined, 0, 1, []],
    ['no test at all', good({}), undefined, 0, 1, []],
    ['the second run ended without one', bad({ a: 'pf' }), { status: 124 }, 1, 1, []],
    [
      'the second run had an error outside any',
      bad({ a: 'pf' }),
      { ...good({ a: 'pp' }), status: 1 },
      2,
      1,
      ['a'],
    ],
  ])('of runs where %s', (_, first, again, passed, failed, flaky) => {
    expect(tally('/project', first, again)).toEqual({ passed, failed, flaky });
  });
});
