import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withContractTables } from '../../../scripts/contract-tables.ts';

const PAGE = join(import.meta.dirname, '../../../docs/contract.md');

test('the tables of docs/contract.md match the output of npm run schema', () => {
  const page = readFileSync(PAGE, 'utf8');
  expect(withContractTables(page)).toBe(page);
});
