import { expect, test } from 'vitest';
import { findMisfit } from '../../../../apps/worker/src/claude/find-misfit.ts';

const SCHEMA = {
  type: 'object',
  properties: { a: { type: 'integer' } },
  required: ['a'],
  additionalProperties: false,
};

test.each<[string, unknown, object]>([
  ['an answer that matches', { a: 1 }, SCHEMA],
  ['null that the schema allows', null, { type: 'null' }],
  ['an array that matches', [1], { type: 'array', items: { type: 'integer' } }],
  ['a format, which the CLI ignores', 'x', { type: 'string', format: 'email' }],
  ['an unknown format', 'x', { type: 'string', format: 'tomorrow' }],
  ['an unknown keyword', { a: 1 }, { ...SCHEMA, 'x-later': [] }],
])('%s matches its schema', (_, answer, schema) => {
  expect(findMisfit(schema, answer)).toBeNull();
});

test.each<[string, unknown, string]>([
  ['another type', { a: 'x' }, 'structured_output/a must be integer'],
  ['a missing key', {}, "must have required property 'a'"],
  ['an additional key', { a: 1, b: 2 }, 'must NOT have additional properties'],
  ['null', null, 'must be object'],
])('%s does not match its schema', (_, answer, message) => {
  expect(findMisfit(SCHEMA, answer)).toContain(message);
});

test.each([
  ['a schema of another draft', { $schema: 'https://json-schema.org/draft/2020-12/schema' }],
  ['a reference to elsewhere', { $ref: 'https://example.com/other.json' }],
  ['an invalid schema', { type: 'nonsense' }],
])('%s cannot be compiled', (_, schema) => {
  expect(() => findMisfit(schema, 'x')).toThrow();
});
