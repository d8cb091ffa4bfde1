// The fake CLI prints result lines that look like a success but have unusual fields. The session
// must end with the right code or status.
import { describe, expect } from 'vitest';
import { openApi } from '../../../support/api.ts';
import { test } from '../../../support/fleet.ts';

test.beforeAll(({ fleet }) => fleet.worker().then(() => undefined));

const SCHEMA = {
  type: 'object',
  properties: { a: { type: 'integer' } },
  required: ['a'],
  additionalProperties: false,
};

// Fields that change a successful result line, and the session's failure code or status.
const VERDICTS: [string, object, string][] = [
  ['an error subtype without is_error', { subtype: 'error_during_execution' }, 'EXECUTION_ERROR'],
  ['the subtype error_max_turns without is_error', { subtype: 'error_max_turns' }, 'MAX_TURNS'],
  ['no is_error', { is_error: null }, 'completed'],
  ['is_error as a text', { is_error: 'true' }, 'EXECUTION_ERROR'],
  [
    'the subtype error_max_structured_output_retries',
    { subtype: 'error_max_structured_output_retries', is_error: true },
    'STRUCTURED_OUTPUT_INVALID',
  ],
  ['the stop reason refusal', { stop_reason: 'refusal', result: '', num_turns: 3 }, 'REFUSED'],
  [
    'the terminal reason blocking_limit',
    { terminal_reason: 'blocking_limit', is_error: true },
    'PROMPT_TOO_LONG',
  ],
  [
    'the terminal reason rapid_refill_breaker',
    { terminal_reason: 'rapid_refill_breaker', is_error: true },
    'PROMPT_TOO_LONG',
  ],
  [
    'the terminal reason tool_deferred',
    { terminal_reason: 'tool_deferred', result: '' },
    'TOOL_DEFERRED',
  ],
  [
    'the terminal reason aborted_tools',
    { terminal_reason: 'aborted_tools', result: '' },
    'EXECUTION_ERROR',
  ],
  [
    'the terminal reason turn_setup_failed',
    { terminal_reason: 'turn_setup_failed' },
    'EXECUTION_ERROR',
  ],
];

describe('a session ends with the right code for a result line with', () => {
  test.concurrent.for(VERDICTS)('%s', async ([, fields, expected], { fleet }) => {
    const session = await fleet.ended(await fleet.play([{ say: 'so' }, { result: fields }]));
    expect(session.failure?.code ?? session.status).toBe(expected);
    expect(session.result).toBeDefined();
    expect(session.failure?.retryable ?? false).toBe(false);
  });
});

describe('a session with a json_schema ends with the right code for an answer', () => {
  test.concurrent.for([
    ['without structured output', {}, 'STRUCTURED_OUTPUT_INVALID'],
    [
      'whose structured output does not match',
      { structured_output: { a: 'x' } },
      'STRUCTURED_OUTPUT_INVALID',
    ],
    ['whose structured output matches', { structured_output: { a: 1 } }, 'completed'],
    ['that is an error', { is_error: true }, 'EXECUTION_ERROR'],
  ] as const)('%s', async ([, fields, expected], { fleet }) => {
    const steps = [{ say: 'so' }, { result: fields }];
    const session = await fleet.ended(await fleet.play(steps, { json_schema: SCHEMA }));
    expect(session.failure?.code ?? session.status).toBe(expected);
  });
});

test('the API returns the model’s stop reason with the session', async ({ fleet }) => {
  const { env } = fleet;
  const api = await openApi({
    redis: env['REDIS_URL'] ?? '',
    mongodb: env['MONGODB_URL'] ?? '',
    prefix: env['QUEUE_PREFIX'] ?? '',
  });
  const read = async (stop_reason: string | null) => {
    const id = await fleet.play([{ say: 'and so' }, { result: { stop_reason } }]);
    await fleet.ended(id);
    return (await api.app.inject({ url: `/v1/sessions/${id}` })).json();
  };
  expect(await read('max_tokens')).toMatchObject({
    status: 'completed',
    stop_reason: 'max_tokens',
    result: { stop_reason: 'max_tokens', result: 'and so' },
  });
  expect(await read(null)).not.toHaveProperty('stop_reason');
  await api.close();
});
