import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type JsonSchema,
  jobSchema,
  jsonSchemas,
  newId,
  type SchemaName,
  toInfo,
} from '@baton/core/internal';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { default as formats } from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import {
  makeCompletedSession,
  makeContinueJob,
  makeFullConfig,
  makeLaunchJob,
} from '../../../../support/factories.ts';

const dir = join(import.meta.dirname, '../../../../..', 'docs', 'schema');
const schemas = jsonSchemas();
const names = Object.keys(schemas) as SchemaName[];

type Validator = (value: unknown) => boolean;

// Each schema is compiled once, because Ajv needs a tenth of a second for the job schema. The
// schemas share one Ajv, because each Ajv compiles the meta-schema again.
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
formats.default(ajv);
const validators = new Map<SchemaName, Validator>();

function validator(name: SchemaName): Validator {
  const known = validators.get(name);
  if (known) return known;
  const validate = ajv.compile(schemas[name]);
  const made: Validator = (value) => validate(value) === true;
  validators.set(name, made);
  return made;
}

describe('docs/schema', () => {
  test.each(names)('holds the %s schema that `npm run schema` writes', (name) => {
    const file = readFileSync(join(dir, `${name}.schema.json`), 'utf8');
    expect(JSON.parse(file)).toEqual(schemas[name]);
  });

  test('holds no other schema', () => {
    const files = readdirSync(dir).filter((file) => file.endsWith('.schema.json'));
    expect(files.sort()).toEqual(names.map((name) => `${name}.schema.json`).sort());
  });
});

describe('the published schemas', () => {
  test.each(names)('are valid JSON Schema, draft 2020-12, with a description: %s', (name) => {
    const schema: JsonSchema = schemas[name];
    expect(schema['$schema']).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(schema['description']).toMatch(/\.$/);
    expect(() => validator(name)).not.toThrow();
  });

  const launch = makeLaunchJob({ config: makeFullConfig() });
  const resume = makeContinueJob(newId(), {
    overrides: { ...makeFullConfig(), model: null, env: null },
  });
  const minimal = { version: 1, kind: 'launch', id: newId(), config: { query: 'q' } };

  // A producer in another language validates with the schema, so it must agree with the parser.
  test.each<[string, unknown, boolean]>([
    ['a launch with every key', launch, true],
    ['a continue with every key', resume, true],
    ['the smallest launch', minimal, true],
    ['a launch without a query', { ...minimal, config: {} }, false],
    ['an unknown key', { ...minimal, extra: 1 }, false],
    ['an unknown key of the config', { ...minimal, config: { query: 'q', extra: 1 } }, false],
    ['another version number', { ...minimal, version: 2 }, false],
    ['another kind', { ...minimal, kind: 'resume' }, false],
    ['an id in upper case', { ...minimal, id: newId().toUpperCase() }, false],
    ['an id that is no UUID', { ...minimal, id: 'job-1' }, false],
    ['a NUL in the prompt', { ...minimal, config: { query: 'a\0b' } }, false],
    ['a relative directory', { ...minimal, config: { query: 'q', working_dir: 'x' } }, false],
    ['a bad variable name', { ...minimal, config: { query: 'q', env: { 'A-B': 'x' } } }, false],
    ['null in a launch', { ...minimal, config: { query: 'q', model: null } }, false],
    ['a continue that clears the query', { ...resume, overrides: { query: null } }, false],
    ['a continue without a parent', { ...resume, parent_session_id: undefined }, false],
    ['a time without a zone', { ...minimal, not_before: '2026-01-02T03:04:05' }, false],
  ])('agree with the parser on %s', (_, job, expected) => {
    const asJson = JSON.parse(JSON.stringify(job)) as unknown;
    expect(validator('job')(asJson)).toBe(expected);
    expect(jobSchema.safeParse(asJson).success).toBe(expected);
  });

  test('include an info schema that accepts an Info', () => {
    const info = toInfo(makeCompletedSession({ config: makeFullConfig() }), ['config']);
    expect(validator('info')(JSON.parse(JSON.stringify(info)))).toBe(true);
  });
});
