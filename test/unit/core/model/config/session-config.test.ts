import { infoSchema, parseInput, sessionConfigSchema } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import { sessionSchema } from '../../../../../packages/core/src/model/session/session.ts';
import { makeFullConfig } from '../../../../support/factories.ts';

describe('SessionConfig', () => {
  // The keys of the seed (hld/claudecode-go at b8ea3ee), each with a value of its type in the seed.
  test.each<[string, unknown]>([
    ['query', 'hello'],
    ['model', 'opus'],
    ['output_format', 'text'],
    ['output_format', 'json'],
    ['output_format', 'stream-json'],
    ['mcp_config', { mcpServers: {} }],
    ['mcp_config', { mcpServers: { files: { command: 'x', args: ['a'], env: { A: 'b' } } } }],
    ['mcp_config', { mcpServers: { files: { command: 'x' } } }],
    ['permission_prompt_tool', 'mcp__server__tool'],
    ['max_turns', 5],
    ['system_prompt', 'You are brief.'],
    ['append_system_prompt', 'Be kind.'],
    ['allowed_tools', ['Bash', 'Read']],
    ['disallowed_tools', []],
    ['verbose', true],
    ['working_dir', '/srv/work'],
    ['custom_instructions', 'Use tabs.'],
  ])('accepts the seed key %s with the value %j', (key, value) => {
    const config = { query: 'hello', [key]: value };
    expect(parseInput(sessionConfigSchema, config)).toEqual(config);
  });

  test('accepts a config with every key unchanged', () => {
    expect(parseInput(sessionConfigSchema, makeFullConfig())).toEqual(makeFullConfig());
  });

  test.each<[string, Record<string, unknown>]>([
    ['query', { query: '' }],
    ['query', { query: 'a\0b' }],
    ['model', { model: '' }],
    ['model', { model: 'x'.repeat(1025) }],
    ['working_dir', { working_dir: 'relative' }],
    ['working_dir', { working_dir: '~/home' }],
    ['working_dir', { working_dir: '/a\0b' }],
    ['max_turns', { max_turns: 0 }],
    ['max_turns', { max_turns: 1.5 }],
    ['max_budget_usd', { max_budget_usd: 0 }],
    ['output_format', { output_format: 'yaml' }],
    ['permission_mode', { permission_mode: 'default' }],
    ['allowed_tools', { allowed_tools: Array(200).fill('x'.repeat(1000)) }],
    ['allowed_tools.0', { allowed_tools: [''] }],
    ['additional_directories.0', { additional_directories: ['more'] }],
    ['json_schema', { json_schema: { text: 'x'.repeat(101 * 1024) } }],
    ['json_schema', { json_schema: [] }],
    ['env.BAD-NAME', { env: { 'BAD-NAME': 'x' } }],
    ['env.OK', { env: { OK: 5 } }],
    ['env.OK', { env: { OK: 'a\0b' } }],
    ['timeouts.idle_ms', { timeouts: { idle_ms: 0 } }],
    ['setting_sources.1', { setting_sources: ['user', 'managed'] }],
    ['setting_sources', { setting_sources: ['user', 'user', 'user', 'user'] }],
    ['setting_sources', { setting_sources: 'user' }],
    ['strict_mcp_config', { strict_mcp_config: 'true' }],
    ['timeouts.idle', { timeouts: { idle: 5 } }],
    ['tools.0', { tools: [''] }],
    ['effort', { effort: 'huge' }],
    ['max_thinking_tokens', { max_thinking_tokens: -1 }],
    ['task_budget', { task_budget: 0 }],
    ['betas', { betas: Array(17).fill('b') }],
    ['plugins.0', { plugins: ['plugins/review'] }],
    ['agents.-x', { agents: { '-x': { description: 'd', prompt: 'p' } } }],
    ['agents.x.prompt', { agents: { x: { description: 'd' } } }],
    [
      'agents.x.initialPrompt',
      { agents: { x: { description: 'd', prompt: 'p', initialPrompt: 'i' } } },
    ],
    [
      'agents.x.mcpServers.0',
      { agents: { x: { description: 'd', prompt: 'p', mcpServers: [{}] } } },
    ],
    [
      'mcp_config.mcpServers.a.timeout',
      { mcp_config: { mcpServers: { a: { command: 'x', timeout: 0 } } } },
    ],
    [
      'mcp_config.mcpServers.a.toolPermissions.t',
      {
        mcp_config: {
          mcpServers: {
            a: { type: 'http', url: 'http://x.test', toolPermissions: { t: 'never' } },
          },
        },
      },
    ],
    [
      'mcp_config.mcpServers.a.toolPermissions',
      { mcp_config: { mcpServers: { a: { command: 'x', toolPermissions: { t: 'ask' } } } } },
    ],
    ['mcp_config.mcpServers.a b', { mcp_config: { mcpServers: { 'a b': { command: 'x' } } } }],
  ])('refuses an invalid %s and names the field', (field, fields) => {
    expect(() => parseInput(sessionConfigSchema, { query: 'q', ...fields })).toThrowError(
      expect.objectContaining({ code: 'INVALID_REQUEST', details: { field } }),
    );
  });

  test('has the keys of the full example config, and the three keys that it leaves out', () => {
    expect([...Object.keys(makeFullConfig()), 'workspace', 'files', 'content'].sort()).toEqual(
      Object.keys(sessionConfigSchema.shape).sort(),
    );
  });
});

describe('compared with the seed’s types,', () => {
  // The keys of the seed's types (docs/seed-parity.md).
  test.each(['id', 'run_id', 'status', 'start_time', 'end_time', 'error', 'config', 'result'])(
    'Session has the seed key %s',
    (key) => {
      expect(Object.keys(sessionSchema.shape)).toContain(key);
    },
  );

  test.each([
    'id',
    'run_id',
    'status',
    'start_time',
    'end_time',
    'error',
    'query',
    'model',
    'result',
  ])('Info has the seed key %s', (key) => {
    expect(Object.keys(infoSchema.shape)).toContain(key);
  });

  test('Result keeps every key of the seed', () => {
    const result = {
      type: 'result',
      subtype: 'success',
      cost_usd: 0.1,
      is_error: false,
      duration_ms: 5,
      duration_api_ms: 4,
      num_turns: 1,
      result: 'done',
      total_cost: 0.1,
      session_id: 'abc',
      error: 'none',
    };
    expect(infoSchema.shape.result.parse(result)).toEqual(result);
  });
});
