import {
  continueSessionConfigSchema,
  inheritConfig,
  newId,
  type Overrides,
  overridesSchema,
  type SessionConfig,
} from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import { sessionConfigSchema } from '../../../../../packages/core/src/model/config/session-config.ts';
import { makeFullConfig } from '../../../../support/factories.ts';

const parent: SessionConfig = { query: 'first', model: 'opus', env: { A: '1' }, max_turns: 2 };

describe('inheritConfig', () => {
  test.each<[string, Overrides, SessionConfig]>([
    ['an absent key inherits', { query: 'q' }, { query: 'q', model: 'opus', env: { A: '1' } }],
    [
      'an undefined key inherits',
      { query: 'q', model: undefined },
      { query: 'q', model: 'opus', env: { A: '1' } },
    ],
    ['null clears', { query: 'q', model: null }, { query: 'q', env: { A: '1' } }],
    [
      'null clears what the parent lacks',
      { query: 'q', verbose: null },
      { query: 'q', model: 'opus', env: { A: '1' } },
    ],
    [
      'a value replaces the whole of the old one',
      { query: 'q', env: { B: '2' } },
      { query: 'q', model: 'opus', env: { B: '2' } },
    ],
    [
      'a falsy value is a value',
      { query: 'q', verbose: false },
      { query: 'q', model: 'opus', env: { A: '1' }, verbose: false },
    ],
    [
      'a limit of its own holds',
      { query: 'q', max_turns: 9 },
      { query: 'q', model: 'opus', env: { A: '1' }, max_turns: 9 },
    ],
  ])('%s', (_, overrides, expected) => {
    expect(inheritConfig(parent, overrides)).toEqual(expected);
  });

  test('everything but the query and the limits of one session is inherited', () => {
    const { max_turns: _turns, max_budget_usd: _budget, ...rest } = makeFullConfig();
    expect(inheritConfig(makeFullConfig(), { query: 'next' })).toEqual({ ...rest, query: 'next' });
  });

  test('every key but the query can be cleared', () => {
    const keys = Object.keys(sessionConfigSchema.shape).filter((key) => key !== 'query');
    const overrides = overridesSchema.parse({
      query: 'next',
      ...Object.fromEntries(keys.map((key) => [key, null])),
    });
    expect(inheritConfig(makeFullConfig(), overrides)).toEqual({ query: 'next' });
  });

  test('without a parent the overrides are the config', () => {
    expect(inheritConfig(undefined, { query: 'q', model: null })).toEqual({ query: 'q' });
  });

  test('it changes neither the parent nor the overrides', () => {
    const before = deepFreeze(makeFullConfig());
    const overrides = deepFreeze<Overrides>({ query: 'q', env: null, model: 'haiku' });
    inheritConfig(before, overrides);
    expect(before).toEqual(makeFullConfig());
    expect(overrides).toEqual({ query: 'q', env: null, model: 'haiku' });
  });
});

describe('the overrides of a continue', () => {
  test('they know every key of a config', () => {
    expect(Object.keys(overridesSchema.shape).sort()).toEqual(
      Object.keys(sessionConfigSchema.shape).sort(),
    );
  });

  test('a request is the parent and the overrides, flat', () => {
    const request = { parent_session_id: newId(), query: 'go on', model: null, max_turns: 1 };
    expect(continueSessionConfigSchema.parse(request)).toEqual(request);
  });

  test.each([
    ['no query', { model: 'opus' }],
    ['a cleared query', { query: null }],
    ['an unknown key', { query: 'q', modle: 'opus' }],
  ])('%s is refused', (_, overrides) => {
    expect(overridesSchema.safeParse(overrides).success).toBe(false);
  });
});

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}
