import type { Result, Session } from '@baton/core/internal';
import { BSON } from 'mongodb';
import { describe, expect, test } from 'vitest';
import { decodeSession, encodeSession } from '../../../../packages/core/src/store/session-codec.ts';
import { makeFullConfig, makeSession } from '../../../support/factories.ts';

const result: Result = {
  type: 'result',
  subtype: 'success',
  is_error: false,
  structured_output: { 'a.b': { $set: [1] } },
  permission_denials: [{ tool_name: 'Bash', tool_input: { 'x.y': 1 } }],
  modelUsage: { 'claude-4.5$x': { costUSD: 1 } },
};

const deep = JSON.parse(`${'{"a":'.repeat(150)}1${'}'.repeat(150)}`) as Session['metadata'];

describe('a session that is stored as BSON', () => {
  test.each<[string, Partial<Session>]>([
    ['a plain session', {}],
    ['every key of a config', { config: makeFullConfig() }],
    ['metadata with dots and dollars', { metadata: { 'a.b': 1, $c: { 'd.$e': [null] } } }],
    ['a key with a NUL', { metadata: { 'a\0b': 1 } }],
    ['a key named __proto__', { metadata: JSON.parse('{"__proto__":{"x":1}}') }],
    ['JSON nested deeper than BSON allows', { metadata: deep ?? {} }],
    ['a lone surrogate', { metadata: { text: '\ud800' } }],
    ['empty JSON', { metadata: {}, config: { query: 'q', json_schema: {} } }],
    ['a result', { result }],
    ['the last result', { last_result: result }],
    [
      'a result whose structured output is a string',
      { result: { ...result, structured_output: '"text"' } },
    ],
    [
      'a result whose structured output is false',
      { result: { ...result, structured_output: false } },
    ],
    [
      'a result whose structured output is null',
      { result: { ...result, structured_output: null } },
    ],
    [
      'MCP names with dots, dollars and NUL',
      {
        config: {
          query: 'q',
          mcp_config: {
            mcpServers: {
              x: {
                type: 'http',
                url: 'https://x.test',
                headers: { $a: '1', 'b.c': '2', 'd\0': '3' },
              },
            },
          },
        },
      },
    ],
    [
      'agents whose servers and hooks have names with dots, dollars and NUL',
      {
        config: {
          query: 'q',
          agents: {
            one: {
              description: 'd',
              prompt: 'p',
              mcpServers: [
                { x: { type: 'http', url: 'https://x.test', headers: { 'b.c': '2', 'd\0': '3' } } },
              ],
              hooks: { $ref: 'a', $id: 'b' },
            },
          },
        },
      },
    ],
  ])('decodes unchanged: %s', (_, fields) => {
    const session = makeSession(fields);
    const stored = BSON.deserialize(BSON.serialize(encodeSession(session)));
    expect(decodeSession(stored as never)).toEqual(session);
  });

  test('is not changed by the encoding', () => {
    const session = makeSession({ result, metadata: { a: 1 } });
    const copy = structuredClone(session);
    encodeSession(session);
    expect(session).toEqual(copy);
  });
});
