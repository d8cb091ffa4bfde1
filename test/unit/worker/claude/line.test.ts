import { describe, expect, test } from 'vitest';
import {
  absurdCostOf,
  apiErrorOf,
  apiRetryOf,
  backgroundTasksOf,
  type ClaudeLine,
  initOf,
  parseLine,
  rateLimitOf,
  resultOf,
  usageOf,
} from '../../../../apps/worker/src/claude/line.ts';

const line = (body: unknown): ClaudeLine => parseLine(JSON.stringify(body));

describe('a line of stdout', () => {
  test.each([
    ['', 'noise'],
    ['Warning: something', 'noise'],
    [' {"type":"system"}', 'noise'],
    ['[1,2]', 'noise'],
    ['{', 'garbage'],
    ['{"type":"assistant","mess', 'garbage'],
    ['{"type":5}', 'garbage'],
    ['{}', 'garbage'],
    ['{"type":"tomorrow"}', 'event'],
  ])('is parsed from %j as %s', (text, kind) => {
    expect(parseLine(text).kind).toBe(kind);
  });

  test('keeps its whole body if its type is unknown', () => {
    expect(line({ type: 'tomorrow', subtype: 'x', uuid: 'u', deep: { a: [1] } })).toEqual({
      kind: 'event',
      type: 'tomorrow',
      subtype: 'x',
      uuid: 'u',
      body: { type: 'tomorrow', subtype: 'x', uuid: 'u', deep: { a: [1] } },
    });
  });

  test('is read, but a subtype or uuid that is not text is ignored', () => {
    const read = line({ type: 'system', subtype: 7, uuid: null });
    expect(read).not.toHaveProperty('subtype');
    expect(read).not.toHaveProperty('uuid');
  });
});

describe('an init line', () => {
  test('is read with its session, model and MCP servers', () => {
    const init = initOf(
      line({
        type: 'system',
        subtype: 'init',
        session_id: 's',
        model: 'claude-sonnet-5-5',
        cwd: '/work',
        permissionMode: 'default',
        mcp_servers: [{ name: 'a', status: 'failed' }, { name: 'b' }, 'odd', { status: 'x' }],
      }),
    );
    expect(init).toEqual({
      session_id: 's',
      model: 'claude-sonnet-5-5',
      cwd: '/work',
      permissionMode: 'default',
      mcp_servers: [
        { name: 'a', status: 'failed' },
        { name: 'b', status: 'unknown' },
      ],
    });
  });

  test('is recognized even if no field of it is valid', () => {
    expect(initOf(line({ type: 'system', subtype: 'init', model: {}, mcp_servers: 3 }))).toEqual({
      mcp_servers: [],
    });
  });

  test.each([{ type: 'system', subtype: 'status' }, { type: 'init' }])(
    'is not recognized in %j',
    (body) => {
      expect(initOf(line(body))).toBeNull();
    },
  );
});

describe('a result line', () => {
  const result = { type: 'result', subtype: 'success', is_error: false };

  test('is read with its known keys', () => {
    const read = resultOf(line({ ...result, num_turns: 2, result: 'ok', ttft_ms: 5 }));
    expect(read).toEqual({ ...result, num_turns: 2, result: 'ok' });
  });

  test.each([
    ['cost under its old name', { cost_usd: 0.5 }, { cost_usd: 0.5 }],
    [
      'denials as objects',
      { permission_denials: [{ tool_name: 'Bash' }] },
      { permission_denials: [{ tool_name: 'Bash' }] },
    ],
    ['denials as text', { permission_denials: 'Bash' }, {}],
    ['errors that are objects', { errors: ['a', { b: 1 }] }, { errors: ['a', '{"b":1}'] }],
    ['errors that are not a list', { errors: 'a' }, {}],
    ['a result that is an object', { result: { text: 'x' } }, {}],
    ['a count that is text', { num_turns: '2', duration_ms: 3 }, { duration_ms: 3 }],
    ['a status of null', { api_error_status: null }, { api_error_status: null }],
    [
      'usage with one odd field',
      { usage: { input_tokens: 1, output_tokens: 'x', later: {} } },
      { usage: { input_tokens: 1 } },
    ],
    ['usage that is not an object', { usage: 7 }, {}],
    [
      'model usage with an odd field, an odd model and a new field',
      { modelUsage: { m: { inputTokens: 1, costUSD: null, later: 'x' }, n: 7 } },
      { modelUsage: { m: { inputTokens: 1 } } },
    ],
    ['a structured answer', { structured_output: { a: [1] } }, { structured_output: { a: [1] } }],
  ])('is read with %s', (_, fields, kept) => {
    expect(resultOf(line({ ...result, ...fields }))).toEqual({ ...result, ...kept });
  });

  test('is recognized with an unknown or missing subtype', () => {
    expect(resultOf(line({ ...result, subtype: 'error_new' }))?.subtype).toBe('error_new');
    expect(resultOf(line({ ...result, subtype: 1 }))?.subtype).toBe('unknown');
  });

  test.each([
    [{ subtype: 'success', is_error: undefined }, false],
    [{ subtype: 'success', is_error: 'false' }, false],
    [{ subtype: 'success', is_error: 'true' }, true],
    [{ subtype: 'success', is_error: 0 }, false],
    [{ subtype: 'success', is_error: null }, false],
    [{ subtype: 'success', is_error: 1 }, true],
    [{ subtype: 'success', is_error: 'True' }, true],
    [{ subtype: 'success', is_error: 'False' }, false],
    [{ subtype: 'success', is_error: '0' }, false],
    [{ subtype: 'success', is_error: true }, true],
    [{ subtype: undefined, is_error: false }, false],
    [{ subtype: undefined, is_error: 'true' }, true],
    [{ subtype: 'error_during_execution', is_error: false }, true],
    [{ subtype: 'error_max_turns', is_error: undefined }, true],
    [{ subtype: 'error_tomorrow', is_error: 'false' }, true],
    [{ subtype: 'interrupted', is_error: false }, true],
    [{ subtype: '', is_error: false }, true],
  ])('with %j is an error: %j', (fields, isError) => {
    expect(resultOf(line({ ...result, ...fields }))?.is_error).toBe(isError);
  });

  test.each([1e300, 1_000_001])('with an impossible cost (%j) is read without a cost', (cost) => {
    const absurd = line({ ...result, total_cost_usd: cost, total_cost: cost });
    expect(resultOf(absurd)).toEqual(result);
    expect(absurdCostOf(absurd)).toBe(cost);
    expect(absurdCostOf(line({ ...result, total_cost_usd: 1_000 }))).toBeNull();
  });

  test.each([undefined, 7, null])(
    'with neither a valid subtype nor a valid is_error is not recognized: %j',
    (odd) => {
      expect(resultOf(line({ ...result, subtype: odd, is_error: odd }))).toBeNull();
    },
  );
});

describe('among the other lines,', () => {
  test('a list of background tasks gives the number of tasks', () => {
    const changed = { type: 'system', subtype: 'background_tasks_changed' };
    expect(backgroundTasksOf(line({ ...changed, tasks: [{ task_id: 'a' }, {}] }))).toBe(2);
    expect(backgroundTasksOf(line({ ...changed, tasks: [] }))).toBe(0);
    expect(backgroundTasksOf(line({ ...changed }))).toBeNull();
    expect(backgroundTasksOf(line({ type: 'system', subtype: 'task_started' }))).toBeNull();
  });

  test('an API retry is read with its valid fields', () => {
    const retry = { type: 'system', subtype: 'api_retry', attempt: 1, max_retries: 10 };
    expect(
      apiRetryOf(line({ ...retry, retry_delay_ms: 500, error_status: 529, error: 'overloaded' })),
    ).toEqual({
      attempt: 1,
      maxRetries: 10,
      retryDelayMs: 500,
      errorStatus: 529,
      error: 'overloaded',
    });
    expect(apiRetryOf(line({ ...retry, error_status: null }))).toEqual({
      attempt: 1,
      maxRetries: 10,
    });
    expect(apiRetryOf(line({ type: 'system', subtype: 'init' }))).toBeNull();
  });

  test.each([
    ['seconds', 1795343366],
    ['milliseconds', 1795343366000],
    ['text', '2026-11-22T10:29:26.000Z'],
  ])('a rate limit is read with its reset as %s', (_, resetsAt) => {
    const read = rateLimitOf(
      line({ type: 'rate_limit_event', rate_limit_info: { status: 'rejected', resetsAt } }),
    );
    expect(read).toEqual({
      status: 'rejected',
      resetsAt: new Date('2026-11-22T10:29:26.000Z'),
      reportedReset: resetsAt,
    });
  });

  test('a rate limit with an invalid reset is read without the reset, and a rate limit without a status is ignored', () => {
    const event = (info: unknown) => line({ type: 'rate_limit_event', rate_limit_info: info });
    expect(rateLimitOf(event({ status: 'allowed', resetsAt: 'soon' }))).toEqual({
      status: 'allowed',
      reportedReset: 'soon',
    });
    expect(rateLimitOf(event({}))).toBeNull();
    expect(rateLimitOf(event(undefined))).toBeNull();
  });

  test('an assistant line gives its message id, its usage and whether a sub-agent wrote it', () => {
    const message = { id: 'msg_1', usage: { input_tokens: 10, service_tier: 'standard' } };
    const own = { type: 'assistant', message, parent_tool_use_id: null };
    const usage = { input_tokens: 10 };
    expect(usageOf(line(own))).toEqual({ messageId: 'msg_1', usage, isSubAgent: false });
    expect(usageOf(line({ ...own, parent_tool_use_id: 'toolu_1' }))?.isSubAgent).toBe(true);
    expect(usageOf(line({ ...own, message: { id: 'msg_1' } }))).toBeNull();
    expect(usageOf(line({ ...own, type: 'user' }))).toBeNull();
  });

  test('an assistant line gives the API error that it stands for', () => {
    expect(apiErrorOf(line({ type: 'assistant', error: 'billing_error' }))).toBe('billing_error');
    expect(apiErrorOf(line({ type: 'assistant', message: {} }))).toBeNull();
    expect(apiErrorOf(line({ type: 'result', error: 'x' }))).toBeNull();
  });

  test.each(['noise', '{"type":'])('%j gives nothing', (text) => {
    const read = [
      initOf,
      resultOf,
      backgroundTasksOf,
      apiRetryOf,
      rateLimitOf,
      usageOf,
      apiErrorOf,
    ];
    expect(read.map((reader) => reader(parseLine(text)))).toEqual(read.map(() => null));
  });
});
