import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const CITATION = /`(test\/[\w/-]+\.test\.ts)`: "([^"]+)"/g;

const lines = readFileSync(join(ROOT, 'docs/seed-parity.md'), 'utf8').split('\n');
const rows = lines.filter((line) => /^\| (?!Seed \|)/.test(line));
const cited = rows.flatMap((row) =>
  [...row.matchAll(CITATION)].map(([, file, name]) => [file, name]),
);
const citations = [...new Set(cited.map((one) => JSON.stringify(one)))].map(
  (text) => JSON.parse(text) as [string, string],
);

/** Whether the text is a whole title or row in this source, in quotes of its kind. */
function stands(source: string, title: string): boolean {
  return ["'", '"', '`'].some((quote) => source.includes(`${quote}${title}${quote}`));
}

describe('docs/seed-parity.md', () => {
  test('has its lines', () => {
    expect(rows.length).toBeGreaterThan(100);
  });

  test.each(rows)('names a test for %s', (row) => {
    expect([...row.matchAll(CITATION)]).not.toEqual([]);
    expect(row.split(' | ')).toHaveLength(3);
  });

  test.each(citations)('%s has the test "%s"', (file, name) => {
    expect(existsSync(join(ROOT, file))).toBe(true);
    expect(stands(readFileSync(join(ROOT, file), 'utf8'), name)).toBe(true);
  });
});
