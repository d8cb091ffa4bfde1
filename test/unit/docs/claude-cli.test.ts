// Each fact in docs/claude-cli.md names a test or another source, and each test that the page names exists.
import { describe, expect, test } from 'vitest';
import { citationsIn, rowsOf, stands } from '../../support/citations.ts';

const rows = rowsOf('docs/claude-cli.md', 'fact').filter((row) => row.split(' | ').length === 2);

describe('docs/claude-cli.md', () => {
  test('has more than sixty facts', () => {
    expect(rows.length).toBeGreaterThan(60);
  });

  test.each(rows.filter((row) => !/\| (?:measured|vendor|reported: .+) \|$/.test(row)))(
    'names a test for the fact %s',
    (row) => {
      expect(citationsIn(row)).not.toEqual([]);
    },
  );

  test.each(citationsIn(rowsOf('docs/claude-cli.md', 'fact').join('\n')))(
    'cites from the file %s a test that exists: "%s"',
    (...cited) => {
      expect(stands(cited)).toBe(true);
    },
  );
});
