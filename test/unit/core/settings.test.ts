import { delimiter, resolve } from 'node:path';
import { parseEnv, policyOf, sharedSettings } from '@baton/core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const schema = z.object(sharedSettings);
const required = { REDIS_URL: 'redis://localhost', MONGODB_URL: 'mongodb://localhost' };

describe('the shared settings', () => {
  test('need the addresses of the stores and nothing else', () => {
    expect(parseEnv(schema, required)).toEqual({
      ...required,
      QUEUE_PREFIX: 'baton',
      WORK_ROOT: resolve('.baton/work'),
      ALLOWED_ENV: [],
      LOG_LEVEL: 'info',
    });
    expect(() => parseEnv(schema, {})).toThrow(/REDIS_URL[\s\S]*MONGODB_URL/);
  });

  test.each([
    ['REDIS_URL', 'rediss://user:pass@host:6380/1'],
    ['MONGODB_URL', 'mongodb+srv://cluster.example/baton'],
    ['MONGODB_URL', 'mongodb://a:27017,b:27017/baton?replicaSet=rs'],
  ])('take %s=%s', (name, value) => {
    expect(parseEnv(schema, { ...required, [name]: value })).toMatchObject({ [name]: value });
  });

  test.each([
    ['REDIS_URL', 'localhost:6379'],
    ['REDIS_URL', 'mongodb://localhost'],
    ['MONGODB_URL', 'http://localhost'],
    ['LOG_LEVEL', 'loud'],
  ])('refuse %s=%s', (name, value) => {
    expect(() => parseEnv(schema, { ...required, [name]: value })).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIG' }),
    );
  });

  test('every variable says what it is for', () => {
    for (const [name, variable] of Object.entries(sharedSettings)) {
      expect(variable.description, name).toBeTruthy();
    }
  });
});

describe('the policy of the settings', () => {
  test('allows the work root alone by default', () => {
    expect(policyOf(parseEnv(schema, { ...required, WORK_ROOT: '/srv/work' }))).toEqual({
      allowedRoots: ['/srv/work'],
      allowedEnv: [],
    });
  });

  test('allows the roots and names that are listed, relative roots made whole', () => {
    const settings = parseEnv(schema, {
      ...required,
      ALLOWED_ROOTS: ['/srv/a', 'b'].join(delimiter),
      ALLOWED_ENV: 'PATH, CLAUDE_CODE_X,',
    });
    expect(policyOf(settings)).toEqual({
      allowedRoots: ['/srv/a', resolve('b')],
      allowedEnv: ['PATH', 'CLAUDE_CODE_X'],
    });
  });
});
