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
  test('defaults are filled in, other variables ignored, the answer frozen', () => {
    const settings = parseEnv(schema, { REDIS_URL: 'redis://x', HOME: '/', constructor: 'x' });
    expect(settings).toEqual({ REDIS_URL: 'redis://x', PORT: 3000 });
    expect(Object.isFrozen(settings)).toBe(true);
  });

  test('a blank variable counts as absent', () => {
    expect(parseEnv(schema, { REDIS_URL: 'redis://x', PORT: '', ROOTS: ' ' })).toEqual({
      REDIS_URL: 'redis://x',
      PORT: 3000,
    });
  });

  test('a list loses its blanks', () => {
    expect(parseEnv(schema, { REDIS_URL: 'x', ROOTS: ' /a : :/b' }).ROOTS).toEqual(['/a', '/b']);
  });

  test('one error lists every variable that is wrong, and no value', () => {
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
  ])('PORT=%s is %i', (text, port) => {
    expect(parseEnv(schema, { REDIS_URL: 'x', PORT: text }).PORT).toBe(port);
  });

  test.each(['-1', '65536', '1.5', 'x', 'Infinity'])(
    'PORT=%j is refused, once, by its bounds',
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
