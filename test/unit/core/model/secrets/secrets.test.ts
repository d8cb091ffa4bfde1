import { secretsOf } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import { makeFullConfig } from '../../../../support/factories.ts';

describe('secretsOf', () => {
  test('finds the values in every place of a config that may hold a secret', () => {
    expect(secretsOf(makeFullConfig())).toEqual(
      expect.arrayContaining([
        's3cret-env',
        's3cret-setting',
        's3cret-stdio',
        'Bearer s3cret-header',
        's3cret-header',
        's3cret-pass',
        's3cret-query',
      ]),
    );
  });

  test('decodes a percent-encoded password of a URL', () => {
    const mcpServers = { x: { type: 'http' as const, url: 'https://u:p%40ss%2Fword@x.test/' } };
    expect(secretsOf({ query: 'q', mcp_config: { mcpServers } })).toContain('p@ss/word');
  });

  test('returns an empty list for a config without secrets', () => {
    expect(secretsOf({ query: 'q' })).toEqual([]);
  });
});
