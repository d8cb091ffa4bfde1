import { inspect } from 'node:util';
import { jobSchema, newId, parseInput, sessionConfigSchema } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { makeLaunchJob } from '../../../../support/factories.ts';

const server = (value: unknown) => ({ query: 'q', mcp_config: { mcpServers: { x: value } } });
const at = 'mcp_config.mcpServers.x';

describe('the error from parseInput names the field', () => {
  test.each<[string, unknown, string, RegExp]>([
    ['an unknown key', { query: 'q', qurey: 'x' }, 'qurey', /qurey/],
    ['a wrong type', { query: 5 }, 'query', /expected string/],
    ['a missing key', {}, 'query', /expected string/],
    ['a value that is not an object', 'launch', '', /^the request: .*expected object/],
    ['null', null, '', /expected object/],
    [
      'a wrong list item',
      { query: 'q', allowed_tools: ['a', 5] },
      'allowed_tools.1',
      /expected string/,
    ],
    [
      'a wrong key of a record',
      { query: 'q', env: { 'A=B': 'x' } },
      'env.A=B',
      /expected a variable name/,
    ],
    ['stdio: a wrong command', server({ command: 5 }), `${at}.command`, /expected string/],
    ['stdio: a wrong argument', server({ command: 'x', args: [5] }), `${at}.args.0`, /string/],
    ['stdio: a wrong env value', server({ command: 'x', env: { A: 5 } }), `${at}.env.A`, /string/],
    ['stdio: an unknown key', server({ command: 'x', cwd: '/' }), `${at}.cwd`, /cwd/],
    ['stdio: an empty server', server({}), `${at}.command`, /expected string/],
    ['http: a wrong url', server({ type: 'http', url: 'not a url' }), `${at}.url`, /URL/],
    ['http: a file URL', server({ type: 'http', url: 'file:///etc' }), `${at}.url`, /URL/],
    ['http: a missing url', server({ type: 'sse' }), `${at}.url`, /expected string/],
    [
      'http: a wrong header',
      server({ type: 'http', url: 'https://x.test', headers: { A: 5 } }),
      `${at}.headers.A`,
      /expected string/,
    ],
    ['a server that is not an object', server('npx x'), at, /expected object/],
    [
      'an unknown kind of server',
      server({ type: 'ftp', url: 'https://x.test' }),
      `${at}.type`,
      /./,
    ],
  ])('for %s', (_, value, field, message) => {
    const error = refusal(() => parseInput(sessionConfigSchema, value));
    expect(error).toMatchObject({ code: 'INVALID_REQUEST', details: { field } });
    expect(error.message).toMatch(message);
    if (field) expect(error.message.startsWith(`${field}: `)).toBe(true);
  });

  test.each<[string, object, string]>([
    ['kind', { kind: 'lunch' }, 'kind'],
    ['config', { config: { query: 'q', model: 5 } }, 'config.model'],
    ['a key of the other kind', { overrides: { query: 'q' } }, 'overrides'],
    ['metadata', { metadata: { a: { b: [1, undefined] } } }, 'metadata.a.b.1'],
  ])('for an invalid %s in a job', (_, fields, field) => {
    const value = { ...makeLaunchJob(), ...fields };
    expect(refusal(() => parseInput(jobSchema, value))).toMatchObject({ details: { field } });
  });
});

describe('parseInput', () => {
  test('accepts JSON with 64 levels and refuses JSON with 65', () => {
    const nested = (levels: number) =>
      JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`) as unknown;
    expect(() => parseInput(z.unknown(), nested(64))).not.toThrow();
    expect(refusal(() => parseInput(z.unknown(), nested(65))).message).toMatch(/64 levels/);
  });

  test('refuses JSON too deep for recursion without crashing', () => {
    const levels = 200_000;
    const hostile = JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`) as unknown;
    const job = makeLaunchJob({ metadata: { a: hostile as never } });
    expect(refusal(() => parseInput(jobSchema, job))).toMatchObject({ code: 'INVALID_REQUEST' });
  });

  test.each<[string, object]>([
    ['in env', { env: { TOKEN: { value: 's3cret' } } }],
    ['as an enum', { permission_mode: 's3cret' }],
    ['as a url', { mcp_config: { mcpServers: { x: { type: 'http', url: 's3cret' } } } }],
    ['as a number', { max_turns: 's3cret' }],
    ['as a path', { working_dir: 's3cret' }],
    ['in a header', { mcp_config: { mcpServers: { x: { type: 'http', headers: ['s3cret'] } } } }],
  ])('keeps a secret %s out of the error and its causes', (_, fields) => {
    const error = refusal(() => parseInput(sessionConfigSchema, { query: 'q', ...fields }));
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain('s3cret');
    expect(JSON.stringify(error)).not.toContain('s3cret');
  });

  test('refuses an id in upper case', () => {
    const job = makeLaunchJob({ id: newId().toUpperCase() });
    expect(refusal(() => parseInput(jobSchema, job))).toMatchObject({ details: { field: 'id' } });
  });
});

function refusal(act: () => unknown): Error {
  try {
    act();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('expected a refusal');
}
