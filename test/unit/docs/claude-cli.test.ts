// docs/claude-cli.md: each fact says how it is known, and each test that it names exists.
import { describe, expect, test } from 'vitest';
import { citationsIn, rowsOf, stands } from '../../support/citations.ts';

const rows = rowsOf('docs/claude-cli.md', 'fact').filter((row) => row.split(' | ').length === 2);

describe('docs/claude-cli.md', () => {
  test('has its facts', () => {
    expect(rows.length).toBeGreaterThan(60);
  });

  test.each(rows.filter((row) => !/\| (?:measured|vendor|reported: .+) \|$/.test(row)))(
    'names a test for %s',
    (row) => {
      expect(citationsIn(row)).not.toEqual([]);
    },
  );

  test.each(citationsIn(rowsOf('docs/claude-cli.md', 'fact').join('\n')))(
    '%s has the test "%s"',
    (...cited) => {
      expect(stands(cited)).toBe(true);
    },
  );
});
