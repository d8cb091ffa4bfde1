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
    ['an absent key is inherited', { query: 'q' }, { query: 'q', model: 'opus', env: { A: '1' } }],
    [
      'an undefined key is inherited',
      { query: 'q', model: undefined },
      { query: 'q', model: 'opus', env: { A: '1' } },
    ],
    ['null clears a key', { query: 'q', model: null }, { query: 'q', env: { A: '1' } }],
    [
      'null may clear a key that the parent lacks',
      { query: 'q', verbose: null },
      { query: 'q', model: 'opus', env: { A: '1' } },
    ],
    [
      'a value replaces the whole old value',
      { query: 'q', env: { B: '2' } },
      { query: 'q', model: 'opus', env: { B: '2' } },
    ],
    [
      'a falsy value replaces the old value',
      { query: 'q', verbose: false },
      { query: 'q', model: 'opus', env: { A: '1' }, verbose: false },
    ],
    [
      'a limit that the continue sets is kept',
      { query: 'q', max_turns: 9 },
      { query: 'q', model: 'opus', env: { A: '1' }, max_turns: 9 },
    ],
  ])('%s', (_, overrides, expected) => {
    expect(inheritConfig(parent, overrides)).toEqual(expected);
  });

  test('a continue inherits every key but the query and the per-session limits', () => {
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

  test('the overrides are the whole config if there is no parent', () => {
    expect(inheritConfig(undefined, { query: 'q', model: null })).toEqual({ query: 'q' });
  });

  test('neither the parent nor the overrides are changed', () => {
    const before = deepFreeze(makeFullConfig());
    const overrides = deepFreeze<Overrides>({ query: 'q', env: null, model: 'haiku' });
    inheritConfig(before, overrides);
    expect(before).toEqual(makeFullConfig());
    expect(overrides).toEqual({ query: 'q', env: null, model: 'haiku' });
  });
});

describe('the overrides of a continue', () => {
  test('the overrides have the same keys as a config', () => {
    expect(Object.keys(overridesSchema.shape).sort()).toEqual(
      Object.keys(sessionConfigSchema.shape).sort(),
    );
  });

  test("a request holds the parent's id and the overrides in one flat object", () => {
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
