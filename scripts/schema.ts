// npm run schema: generates docs/schema, the types of the client, the README's table of settings and the
// tables of docs/contract.md from the zod schemas. CONTRIBUTING.md describes how docs/openapi.json is made.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jsonSchemas } from '@baton/core/internal';
import { clientTypes } from './client-types.ts';
import { withContractTables } from './contract-tables.ts';
import { withSettingsTable } from './settings-table.ts';

const SUFFIX = '.schema.json';
const root = join(import.meta.dirname, '..');
const dir = join(root, 'docs', 'schema');

const generated = new Map(
  Object.entries(jsonSchemas()).map(([name, schema]) => [
    `${name}${SUFFIX}`,
    `${JSON.stringify(schema, null, 2)}\n`,
  ]),
);

await mkdir(dir, { recursive: true });
for (const file of await readdir(dir)) {
  if (file.endsWith(SUFFIX) && !generated.has(file)) await rm(join(dir, file));
}
for (const [file, text] of generated) await writeFile(join(dir, file), text);
console.log(`docs/schema: ${generated.size} schemas`);

await writeFile(join(root, 'packages/client/src/api-types.ts'), await clientTypes());
await rewrite(join(root, 'README.md'), withSettingsTable);
await rewrite(join(root, 'docs/contract.md'), withContractTables);

async function rewrite(path: string, change: (page: string) => string): Promise<void> {
  await writeFile(path, change(await readFile(path, 'utf8')));
}
