import {
  type AppError,
  intVariable,
  isAppError,
  listVariable,
  parseEnv,
} from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const schema = z.object({
  REDIS_URL: z.string(),
  PORT: intVariable(0, 65_535).default(3000),
  ROOTS: listVariable(':').optional(),
});

describe('parseEnv', () => {
  test('fills in defaults, ignores other variables and freezes the result', () => {
    const settings = parseEnv(schema, { REDIS_URL: 'redis://x', HOME: '/', constructor: 'x' });
    expect(settings).toEqual({ REDIS_URL: 'redis://x', PORT: 3000 });
    expect(Object.isFrozen(settings)).toBe(true);
  });

  test('treats a blank variable as absent', () => {
    expect(parseEnv(schema, { REDIS_URL: 'redis://x', PORT: '', ROOTS: ' ' })).toEqual({
      REDIS_URL: 'redis://x',
      PORT: 3000,
    });
  });

  test('removes blanks from a list', () => {
    expect(parseEnv(schema, { REDIS_URL: 'x', ROOTS: ' /a : :/b' }).ROOTS).toEqual(['/a', '/b']);
  });

  test('lists every invalid variable in one error, without any value', () => {
    const error = refusal({ REDIS_URL: '', PORT: 's3cret' });
    expect(error.code).toBe('INVALID_CONFIG');
    expect(error.message).toContain('REDIS_URL: ');
    expect(error.message).toContain('PORT: expected a whole number from 0 to 65535');
    expect(error.message).not.toContain('s3cret');
    expect(error.details?.['problems']).toHaveLength(2);
  });

  test.each([
    ['0', 0],
    ['65535', 65_535],
  ])('parses PORT=%s as %i', (text, port) => {
    expect(parseEnv(schema, { REDIS_URL: 'x', PORT: text }).PORT).toBe(port);
  });

  test.each(['-1', '65536', '1.5', 'x', 'Infinity'])(
    'refuses PORT=%j with one problem that names the bounds',
    (text) => {
      expect(refusal({ REDIS_URL: 'x', PORT: text }).details?.['problems']).toEqual([
        'PORT: expected a whole number from 0 to 65535',
      ]);
    },
  );
});

function refusal(env: Record<string, string>): AppError {
  try {
    parseEnv(schema, env);
  } catch (error) {
    if (isAppError(error)) return error;
  }
  throw new Error('expected a refusal');
}
