// Writes docs/schema, the published JSON Schemas, and the types of the client: both made from the zod schemas
// that parse.
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jsonSchemas } from '@baton/core/internal';
import { clientTypes } from './client-types.ts';

const SUFFIX = '.schema.json';
const dir = join(import.meta.dirname, '..', 'docs', 'schema');

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

const types = join(import.meta.dirname, '..', 'packages', 'client', 'src', 'api-types.ts');
await writeFile(types, await clientTypes());
