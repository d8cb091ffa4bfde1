import { describe, expect, test } from 'vitest';
import { citationsIn, rowsOf, stands } from '../../support/citations.ts';

const rows = rowsOf('docs/features.md', 'feature');

describe('docs/features.md', () => {
  test('has its rows', () => {
    expect(rows.length).toBeGreaterThan(30);
  });

  test.each(rows)('names a test that is there for %s', (row) => {
    const cited = citationsIn(row);
    expect(cited).not.toEqual([]);
    expect(cited.filter((one) => !stands(one))).toEqual([]);
  });
});
