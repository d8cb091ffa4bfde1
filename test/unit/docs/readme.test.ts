import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { withSettingsTable } from '../../../scripts/settings-table.ts';

const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');

test('the table of settings in the README matches the schemas', () => {
  expect(withSettingsTable(readme)).toBe(readme);
});
