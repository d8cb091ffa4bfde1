// The reports of success and failure that Baton's verdict relies on.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { text, toolUse } from '../support/messages-api/reply.ts';
import { type Cli, makeCli } from './cli.ts';

let cli: Cli;

beforeAll(async () => {
  cli = await makeCli();
});
afterAll(() => cli.remove());

const SCHEMA = { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] };
const given = (schema: object) => [`--json-schema=${JSON.stringify(schema)}`];
const answer = (input: object) => toolUse('StructuredOutput', input);

describe('--json-schema', () => {
  test('puts an answer that matches into structured_output', async () => {
    const run = await cli.run({ script: [answer({ a: 1 })], args: given(SCHEMA), prompt: 'go' });
    expect(run.results).toMatchObject([
      { subtype: 'success', is_error: false, structured_output: { a: 1 }, stop_reason: 'tool_use' },
    ]);
  });

  test.each([
    ['without a call', [text('plain')]],
    ['after a call that does not match', [answer({ a: 'x' }), text('plain')]],
  ])('reports success without structured_output %s', async (_, script) => {
    const run = await cli.run({ script, args: given(SCHEMA), prompt: 'go' });
    expect(run.exitCode).toBe(0);
    expect(run.results).toMatchObject([{ subtype: 'success', is_error: false, result: 'plain' }]);
    expect(run.results[0]).not.toHaveProperty('structured_output');
  });

  test('ignores formats', async () => {
    const schema = { type: 'object', properties: { a: { type: 'string', format: 'email' } } };
    const run = await cli.run({ script: [answer({ a: 'x' })], args: given(schema), prompt: 'go' });
    expect(run.results).toMatchObject([{ structured_output: { a: 'x' } }]);
  });

  test.each([
    ['an unknown keyword', { ...SCHEMA, later: 1 }],
    ['a newer draft', { $schema: 'https://json-schema.org/draft/2020-12/schema' }],
    ['an older draft', { $schema: 'http://json-schema.org/draft-06/schema#' }],
    ['a keyword of a later draft', { ...SCHEMA, dependentRequired: { a: ['b'] } }],
    [
      'a keyword of a later draft below a property',
      { type: 'object', properties: { a: { type: 'array', prefixItems: [{}] } } },
    ],
    ['a reference to another document', { $ref: 'https://example.com/other.json' }],
  ])('refuses a schema with %s, only on stderr and with exit 1', async (_, schema) => {
    const run = await cli.run({ script: [text('ok')], args: given(schema), prompt: 'go' });
    expect(run).toMatchObject({ exitCode: 1, stdout: '', requests: [] });
    expect(run.stderr).toMatch(/^Error: --json-schema is not a valid JSON Schema: /);
  });
});

describe('with a special stop reason,', () => {
  test.each([
    ['no text', ['']],
    ['text', ['I will']],
  ])(
    'a refusal with %s is an API error with its stop_reason and without a status',
    async (_, words) => {
      const script = [text(words, { stopReason: 'refusal' })];
      const run = await cli.run({ script, prompt: 'go' });
      expect(run.exitCode).toBe(1);
      expect(run.results).toMatchObject([
        {
          subtype: 'success',
          is_error: true,
          terminal_reason: 'api_error',
          stop_reason: 'refusal',
          api_error_status: null,
        },
      ]);
    },
  );

  test('an answer that is cut in every try is the API error max_output_tokens', async () => {
    const script = [text('and so on', { stopReason: 'max_tokens' })];
    const run = await cli.run({ script, prompt: 'go' });
    expect(run.requests.length).toBeGreaterThan(1);
    expect(run.results).toMatchObject([
      {
        subtype: 'success',
        is_error: true,
        terminal_reason: 'api_error',
        stop_reason: 'stop_sequence',
        api_error: 'max_output_tokens',
        api_error_status: null,
      },
    ]);
    expect(run.lines.findLast(({ type }) => type === 'assistant')).toMatchObject({
      error: 'max_output_tokens',
    });
  });
});

describe('with a hook,', () => {
  const hook = (event: string, output: object) => [
    '--allowedTools=Bash',
    `--settings=${JSON.stringify({
      hooks: {
        [event]: [{ hooks: [{ type: 'command', command: `echo '${JSON.stringify(output)}'` }] }],
      },
    })}`,
  ];

  test('a deferred tool call ends the process with a success without an answer', async () => {
    const hookSpecificOutput = { hookEventName: 'PreToolUse', permissionDecision: 'defer' };
    const args = hook('PreToolUse', { hookSpecificOutput });
    const script = [toolUse('Bash', { command: 'true' })];
    const run = await cli.run({ script, args, prompt: 'go' });
    expect(run.exitCode).toBe(0);
    expect(run.results).toMatchObject([
      {
        subtype: 'success',
        is_error: false,
        result: '',
        stop_reason: 'tool_deferred',
        terminal_reason: 'tool_deferred',
        deferred_tool_use: { name: 'Bash' },
      },
    ]);
  });

  test('a turn that a hook stops at the end keeps its answer', async () => {
    const args = hook('Stop', { continue: false, stopReason: 'enough' });
    const run = await cli.run({ script: [text('done')], args, prompt: 'go' });
    expect(run.results).toMatchObject([
      { is_error: false, result: 'done', terminal_reason: 'stop_hook_prevented' },
    ]);
  });
});
