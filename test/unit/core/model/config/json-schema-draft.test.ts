import { sessionConfigSchema } from '@baton/core/internal';
import { expect, test } from 'vitest';

const REFUSED: [string, Record<string, unknown>][] = [
  ['a later draft', { $schema: 'https://json-schema.org/draft/2020-12/schema' }],
  ['an earlier draft', { $schema: 'http://json-schema.org/draft-06/schema#' }],
  ['a keyword of a later draft', { type: 'object', dependentRequired: { a: ['b'] } }],
  ['an unknown keyword', { later: 1 }],
  ['a keyword of a later draft below a property', { properties: { a: { prefixItems: [{}] } } }],
  [
    'a keyword of a later draft in a list',
    { anyOf: [{ type: 'object' }, { unevaluatedProperties: false }] },
  ],
  ['a keyword of a later draft below items', { items: { not: { minContains: 1 } } }],
];

test.each(REFUSED)(
  'a json_schema with %s is refused, and the error names json_schema',
  (_, json_schema) => {
    const { success, error } = sessionConfigSchema.safeParse({ query: 'q', json_schema });
    expect(success).toBe(false);
    expect(error?.issues).toMatchObject([
      { path: ['json_schema'], message: expect.stringMatching(/^expected .*draft.*, got /) },
    ]);
  },
);

test.each<[string, Record<string, unknown>]>([
  ['no keyword', {}],
  ['draft 7 by name', { $schema: 'http://json-schema.org/draft-07/schema#', type: 'object' }],
  ['properties that are named like keywords', { properties: { prefixItems: { type: 'array' } } }],
  [
    'values that look like schemas',
    { default: { later: 1 }, enum: [{ later: 1 }], const: { x: 1 } },
  ],
  ['a list of dependencies', { dependencies: { a: ['b'], c: { required: ['d'] } } }],
  ['the schemas true and false', { additionalProperties: false, items: true }],
  ['definitions that nothing refers to', { $defs: { a: { later: 1 } } }],
  ['a wrong value of a keyword, which the CLI itself refuses', { type: 'nonsense' }],
])('a json_schema with %s passes', (_, json_schema) => {
  expect(sessionConfigSchema.safeParse({ query: 'q', json_schema }).success).toBe(true);
});
