// Result lines whose success is none, as the fake CLI prints them, and what the API then says.
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

// The fields of a result line that was a success, and what becomes of the session.
const VERDICTS: [string, object, string][] = [
  ['an error by its subtype alone', { subtype: 'error_during_execution' }, 'EXECUTION_ERROR'],
  ['spent turns by the subtype alone', { subtype: 'error_max_turns' }, 'MAX_TURNS'],
  ['no is_error', { is_error: null }, 'completed'],
  ['is_error as a text', { is_error: 'true' }, 'EXECUTION_ERROR'],
  [
    'no structured answer',
    { subtype: 'error_max_structured_output_retries', is_error: true },
    'STRUCTURED_OUTPUT_INVALID',
  ],
  ['a refusal', { stop_reason: 'refusal', result: '', num_turns: 3 }, 'REFUSED'],
  ['a full window', { terminal_reason: 'blocking_limit', is_error: true }, 'PROMPT_TOO_LONG'],
  ['compactions', { terminal_reason: 'rapid_refill_breaker', is_error: true }, 'PROMPT_TOO_LONG'],
  ['a call that was put off', { terminal_reason: 'tool_deferred', result: '' }, 'TOOL_DEFERRED'],
  ['a turn that was stopped', { terminal_reason: 'aborted_tools', result: '' }, 'EXECUTION_ERROR'],
  ['no turn', { terminal_reason: 'turn_setup_failed' }, 'EXECUTION_ERROR'],
];

describe('a result line that tells of', () => {
  test.concurrent.for(VERDICTS)('%s', async ([, fields, expected], { fleet }) => {
    const session = await fleet.ended(await fleet.play([{ say: 'so' }, { result: fields }]));
    expect(session.failure?.code ?? session.status).toBe(expected);
    expect(session.result).toBeDefined();
    expect(session.failure?.retryable ?? false).toBe(false);
  });
});

describe('with a json_schema, an answer', () => {
  test.concurrent.for([
    ['without structure', {}, 'STRUCTURED_OUTPUT_INVALID'],
    ['that does not fit', { structured_output: { a: 'x' } }, 'STRUCTURED_OUTPUT_INVALID'],
    ['that fits', { structured_output: { a: 1 } }, 'completed'],
    ['that an error comes instead of', { is_error: true }, 'EXECUTION_ERROR'],
  ] as const)('%s', async ([, fields, expected], { fleet }) => {
    const steps = [{ say: 'so' }, { result: fields }];
    const session = await fleet.ended(await fleet.play(steps, { json_schema: SCHEMA }));
    expect(session.failure?.code ?? session.status).toBe(expected);
  });
});

test('why the model stopped stands in what the API says of the session', async ({ fleet }) => {
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
