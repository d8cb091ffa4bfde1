import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { clientTypes } from '../../../scripts/client-types.ts';

const file = join(import.meta.dirname, '../../../packages/client/src/api-types.ts');

test("the client's API types are those that `npm run schema` writes", async () => {
  expect(await readFile(file, 'utf8')).toBe(await clientTypes());
});
