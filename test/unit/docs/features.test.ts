import { describe, expect, test } from 'vitest';
import { citationsIn, rowsOf, stands } from '../../support/citations.ts';

const rows = rowsOf('docs/features.md', 'feature');

describe('docs/features.md', () => {
  test('has more than thirty features', () => {
    expect(rows.length).toBeGreaterThan(30);
  });

  test.each(rows)('names an existing test for the feature %s', (row) => {
    const cited = citationsIn(row);
    expect(cited).not.toEqual([]);
    expect(cited.filter((one) => !stands(one))).toEqual([]);
  });
});
