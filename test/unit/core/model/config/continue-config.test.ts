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
    ['inherits an absent key', { query: 'q' }, { query: 'q', model: 'opus', env: { A: '1' } }],
    [
      'inherits an undefined key',
      { query: 'q', model: undefined },
      { query: 'q', model: 'opus', env: { A: '1' } },
    ],
    ['clears a key for null', { query: 'q', model: null }, { query: 'q', env: { A: '1' } }],
    [
      'accepts null for a key that the parent lacks',
      { query: 'q', verbose: null },
      { query: 'q', model: 'opus', env: { A: '1' } },
    ],
    [
      'replaces the whole old value',
      { query: 'q', env: { B: '2' } },
      { query: 'q', model: 'opus', env: { B: '2' } },
    ],
    [
      'replaces the old value with a falsy value',
      { query: 'q', verbose: false },
      { query: 'q', model: 'opus', env: { A: '1' }, verbose: false },
    ],
    [
      'keeps the files that the continue sets',
      { query: 'q', files: [] },
      { query: 'q', model: 'opus', env: { A: '1' }, files: [] },
    ],
    [
      'keeps a limit that the continue sets',
      { query: 'q', max_turns: 9 },
      { query: 'q', model: 'opus', env: { A: '1' }, max_turns: 9 },
    ],
  ])('%s', (_, overrides, expected) => {
    expect(inheritConfig(parent, overrides)).toEqual(expected);
  });

  const elsewhere = { type: 'path', path: '/b' } as const;
  const managed = { type: 'managed' } as const;

  test.each<[string, Partial<SessionConfig>, Partial<Overrides>, Partial<SessionConfig>]>([
    [
      'the workspace drops working_dir',
      { working_dir: '/a' },
      { workspace: managed },
      { workspace: managed },
    ],
    [
      'working_dir drops the workspace',
      { workspace: elsewhere },
      { working_dir: '/a' },
      { working_dir: '/a' },
    ],
    [
      'the workspace replaces the workspace',
      { workspace: elsewhere },
      { workspace: managed },
      { workspace: managed },
    ],
    [
      'a cleared workspace keeps working_dir',
      { working_dir: '/a' },
      { workspace: null },
      { working_dir: '/a' },
    ],
    [
      'a cleared working_dir keeps the workspace',
      { workspace: elsewhere },
      { working_dir: null },
      { workspace: elsewhere },
    ],
    [
      'a continue that names neither keeps the workspace',
      { workspace: elsewhere },
      {},
      { workspace: elsewhere },
    ],
  ])('takes the directory of the continue: %s', (_, before, overrides, expected) => {
    expect(inheritConfig({ query: 'first', ...before }, { query: 'q', ...overrides })).toEqual({
      query: 'q',
      ...expected,
    });
  });

  test('inherits every key but the query and the per-session limits', () => {
    const { max_turns: _turns, max_budget_usd: _budget, ...rest } = makeFullConfig();
    expect(inheritConfig(makeFullConfig(), { query: 'next' })).toEqual({ ...rest, query: 'next' });
  });

  test('can clear every key but the query', () => {
    const keys = Object.keys(sessionConfigSchema.shape).filter(
      (key) => key !== 'query' && key !== 'content',
    );
    const overrides = overridesSchema.parse({
      query: 'next',
      ...Object.fromEntries(keys.map((key) => [key, null])),
    });
    expect(inheritConfig(makeFullConfig(), overrides)).toEqual({ query: 'next' });
  });

  test('returns the overrides as the whole config if there is no parent', () => {
    expect(inheritConfig(undefined, { query: 'q', model: null })).toEqual({ query: 'q' });
  });

  test('changes neither the parent nor the overrides', () => {
    const before = deepFreeze(makeFullConfig());
    const overrides = deepFreeze<Overrides>({ query: 'q', env: null, model: 'haiku' });
    inheritConfig(before, overrides);
    expect(before).toEqual(makeFullConfig());
    expect(overrides).toEqual({ query: 'q', env: null, model: 'haiku' });
  });
});

describe('the overrides of a continue', () => {
  test('have the same keys as a config', () => {
    expect(Object.keys(overridesSchema.shape).sort()).toEqual(
      Object.keys(sessionConfigSchema.shape).sort(),
    );
  });

  test("form one flat object with the parent's id", () => {
    const request = { parent_session_id: newId(), query: 'go on', model: null, max_turns: 1 };
    expect(continueSessionConfigSchema.parse(request)).toEqual(request);
  });

  test.each([
    ['no query', { model: 'opus' }],
    ['a cleared query', { query: null }],
    ['an unknown key', { query: 'q', modle: 'opus' }],
  ])('are refused with %s', (_, overrides) => {
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
