import * as core from '@baton/core/internal';
import { AppError, parseInput } from '@baton/core/internal';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { apiSettingsSchema } from '../../../../../apps/api/src/settings.ts';
import { workerSettingsSchema } from '../../../../../apps/worker/src/settings.ts';

const one = (schema: z.ZodType) => z.object({ a: schema });

describe('the message about an invalid value is in plain words', () => {
  test.each<[z.ZodType, unknown, string]>([
    [z.string(), undefined, 'expected string, got nothing'],
    [z.string(), null, 'expected string, got null'],
    [z.string(), 5, 'expected string, got number'],
    [z.string(), ['x'], 'expected string, got list'],
    [z.string(), {}, 'expected string, got object'],
    [z.int(), 1.5, 'expected whole number, got number with a fraction'],
    [z.number(), 'x', 'expected number, got string'],
    [z.coerce.number(), 'x', 'expected number, got NaN'],
    [z.boolean(), 'true', 'expected true or false, got string'],
    [z.array(z.string()), 'x', 'expected list, got string'],
    [z.object({}), 'x', 'expected object, got string'],
    [z.record(z.string(), z.string()), 1, 'expected object, got number'],
    [z.string().min(1), '', 'expected at least 1 character, got 0'],
    [z.string().max(3), 'long', 'expected at most 3 characters, got 4'],
    [z.array(z.string()).min(2), ['x'], 'expected at least 2 items, got 1'],
    [z.array(z.string()).max(1), ['x', 'y'], 'expected at most 1 item, got 2'],
    [z.number().min(2), 1, 'expected at least 2'],
    [z.number().positive(), 0, 'expected more than 0'],
    [z.number().max(2), 3, 'expected at most 2'],
    [z.number().lt(2), 2, 'expected less than 2'],
    [z.number().multipleOf(5), 3, 'expected a multiple of 5'],
    [z.enum(['x', 'y']), 'z', 'expected one of "x", "y"'],
    [z.literal('x'), 'z', 'expected "x"'],
    [z.iso.datetime(), 'x', 'expected a time such as 2026-01-31T12:00:00Z'],
    [z.iso.date(), 'x', 'expected a date such as 2026-01-31'],
    [z.url(), 'x', 'expected an absolute URL'],
    [z.string().regex(/x/), 'y', 'expected a string in another format'],
    [z.string().refine(() => false), 'y', 'expected a different value'],
    [z.union([z.string(), z.number()]), true, 'expected string, got true or false'],
    [z.never(), 'y', 'expected a different kind of value, got string'],
  ])('for schema %# and the value %j', (schema, value, message) => {
    expect(refusal(one(schema), { a: value })).toBe(`a: ${message}`);
  });

  test('for an unknown key and an unknown kind', () => {
    const kinds = z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('x') }),
      z.strictObject({ kind: z.literal('y') }),
    ]);
    expect(refusal(kinds, { kind: 'x', b: 1 })).toBe(
      'b: expected a known key; correct its name or leave it out',
    );
    expect(refusal(kinds, { kind: 'z' })).toBe('kind: expected one of "x", "y"');
  });
});

// A value of each type, and some that are almost valid.
const HOSTILE: readonly unknown[] = [
  undefined,
  null,
  true,
  -1,
  0,
  1.5,
  1e9,
  Number.NaN,
  '',
  ' ',
  'x',
  'x'.repeat(300),
  [],
  ['', ''],
  [1],
  {},
  { x: 1 },
  { '': '' },
  { '=': 'x' },
  { mcpServers: { '': 1 } },
  { mcpServers: { a: { type: 'http', url: 'x' } } },
  'a'.repeat(5_000),
];

const SCHEMAS = Object.entries({
  ...core,
  apiSettingsSchema,
  workerSettingsSchema,
} as object).filter((entry): entry is [string, z.ZodType] => entry[1] instanceof z.ZodType);

describe("no message contains the validation library's own words", () => {
  // The stack traces of the thousands of errors take a third of the time, and no test reads them.
  const { stackTraceLimit } = Error;
  beforeAll(() => {
    Error.stackTraceLimit = 0;
  });
  afterAll(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });

  test.each(SCHEMAS)(
    'for the schema %s',
    (_, schema) => {
      const keys = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
      const values = [
        ...HOSTILE,
        ...keys.flatMap((key) => HOSTILE.map((value) => ({ [key]: value }))),
        // With the usual required keys, so that the checks of the whole object run too.
        ...keys.flatMap((key) =>
          HOSTILE.map((value) => ({ query: 'q', launch: { query: 'q' }, [key]: value })),
        ),
      ];
      const messages = new Set(values.map((value) => refusal(schema, value)));
      for (const message of messages) expect(message ?? 'expected ').toMatch(/(^|: )expected /);
    },
    30_000,
  );

  test('for settings', () => {
    const env = Object.fromEntries(
      Object.keys(workerSettingsSchema.shape).map((key) => [key, 'x y']),
    );
    const problems = (() => {
      try {
        core.parseEnv(workerSettingsSchema, { ...env, CONCURRENCY: '-1' });
      } catch (error) {
        if (error instanceof AppError) return error.details?.['problems'] as string[];
      }
      return [];
    })();
    expect(problems.length).toBeGreaterThan(3);
    for (const problem of problems) expect(problem).toMatch(/^[A-Z_\d]+(\.\d+)?: expected /);
  });
});

function refusal(schema: z.ZodType, value: unknown): string | null {
  try {
    parseInput(schema, value);
    return null;
  } catch (error) {
    if (error instanceof AppError) return error.message;
    throw error;
  }
}
