import { describe, expect, test } from 'vitest';
import { citationsIn, rowsOf, stands } from '../../support/citations.ts';

const rows = rowsOf('docs/seed-parity.md', 'Seed');

describe('docs/seed-parity.md', () => {
  test('has more than a hundred lines', () => {
    expect(rows.length).toBeGreaterThan(100);
  });

  test.each(rows)('names a test for the line %s', (row) => {
    expect(citationsIn(row)).not.toEqual([]);
    expect(row.split(' | ')).toHaveLength(3);
  });

  test.each(citationsIn(rows.join('\n')))(
    'cites from the file %s a test that exists: "%s"',
    (...cited) => {
      expect(stands(cited)).toBe(true);
    },
  );
});
