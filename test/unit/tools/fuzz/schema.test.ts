import Ajv2020 from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mutated } from '../../../../tools/fuzz/hostile.ts';
import { fromSchema, type Schema } from '../../../../tools/fuzz/schema.ts';

const ajv = new Ajv2020.Ajv2020({ strict: false });
formats.default(ajv);

const context = { special: () => undefined, resolve: () => ({ type: 'boolean' }) };

describe('values generated from a schema are valid', () => {
  test.each<[string, Schema]>([
    ['bounded numbers', { type: 'integer', minimum: 3, maximum: 5 }],
    ['numbers above a bound', { type: 'number', exclusiveMinimum: 0 }],
    ['texts', { type: 'string', minLength: 2, maxLength: 4 }],
    ['texts of a pattern', { type: 'string', pattern: '^[A-Za-z0-9_-]{1,64}$' }],
    [
      'ids, times and days',
      { anyOf: ['uuid', 'date-time', 'date'].map((format) => ({ type: 'string', format })) },
    ],
    ['choices', { enum: ['a', 1, null] }],
    ['lists', { type: 'array', items: { type: 'boolean' }, minItems: 1, maxItems: 3 }],
    [
      'objects',
      {
        type: 'object',
        properties: { a: { type: 'integer' }, b: { const: 'x' }, c: { type: 'null' } },
        required: ['a'],
        additionalProperties: false,
      },
    ],
    [
      'maps',
      {
        type: 'object',
        propertyNames: { type: 'string', pattern: '^[a-z]+$' },
        additionalProperties: { type: 'integer' },
      },
    ],
  ])('for %s', (_, schema) => {
    const fits = ajv.compile(schema);
    fc.assert(
      fc.property(fromSchema(schema, context), (value) => fits(value)),
      { numRuns: 200 },
    );
  });
});

test('a mutation of a JSON value does not change the original', () => {
  const json = { a: [{ b: 1 }] };
  const changes = [
    mutated(json, { kind: 'set', n: 0, value: 'x' }),
    mutated(json, { kind: 'drop', n: 3 }),
    mutated(json, { kind: 'add', n: 0, key: '__proto__', value: 1 }),
  ];
  expect(changes[0]).toBe('x');
  expect(changes[1]).toEqual({ a: [{}] });
  expect(JSON.stringify(changes[2])).toBe('{"a":[{"b":1}],"__proto__":1}');
  expect(json).toEqual({ a: [{ b: 1 }] });
});
