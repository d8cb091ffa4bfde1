import { expect, test } from 'vitest';
import { misfitOf } from '../../../../apps/worker/src/claude/misfit.ts';

const SCHEMA = {
  type: 'object',
  properties: { a: { type: 'integer' } },
  required: ['a'],
  additionalProperties: false,
};

test.each<[string, unknown, object]>([
  ['an answer that fits', { a: 1 }, SCHEMA],
  ['null, where it fits', null, { type: 'null' }],
  ['an array, where it fits', [1], { type: 'array', items: { type: 'integer' } }],
  ['a format, which the CLI ignores', 'x', { type: 'string', format: 'email' }],
  ['a format nobody knows', 'x', { type: 'string', format: 'tomorrow' }],
  ['a keyword nobody knows', { a: 1 }, { ...SCHEMA, 'x-later': [] }],
])('%s has no misfit', (_, answer, schema) => {
  expect(misfitOf(schema, answer)).toBeNull();
});

test.each<[string, unknown, string]>([
  ['another type', { a: 'x' }, 'structured_output/a must be integer'],
  ['a missing key', {}, "must have required property 'a'"],
  ['a key too many', { a: 1, b: 2 }, 'must NOT have additional properties'],
  ['null', null, 'must be object'],
])('%s is a misfit', (_, answer, message) => {
  expect(misfitOf(SCHEMA, answer)).toContain(message);
});

test.each([
  ['a schema of another draft', { $schema: 'https://json-schema.org/draft/2020-12/schema' }],
  ['a reference to elsewhere', { $ref: 'https://example.com/other.json' }],
  ['a schema that is none', { type: 'nonsense' }],
])('%s cannot be read', (_, schema) => {
  expect(() => misfitOf(schema, 'x')).toThrow();
});
