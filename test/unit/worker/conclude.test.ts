import { codeFacts, type ErrorCode, type Outcome, type Result } from '@baton/core';
import { describe, expect, test } from 'vitest';
import type { AbortReason } from '../../../apps/worker/src/claude/abort-reason.ts';
import { type AttemptFacts, concludeAttempt } from '../../../apps/worker/src/claude/conclude.ts';

const OK: Result = {
  type: 'result',
  subtype: 'success',
  is_error: false,
  num_turns: 1,
  result: 'hi',
};
const FAILED: Result = {
  type: 'result',
  subtype: 'error_during_execution',
  is_error: true,
  num_turns: 1,
};

const EXIT = {
  zero: { code: 0, signal: null },
  one: { code: 1, signal: null },
  term: { code: 143, signal: null },
  sigint: { code: null, signal: 'SIGINT' },
  sigkill: { code: null, signal: 'SIGKILL' },
};

function conclude(facts: Partial<AttemptFacts>): Outcome {
  return concludeAttempt({
    exit: EXIT.zero,
    result: null,
    sawInit: true,
    abort: null,
    resultBeforeAbort: false,
    stderrTail: '',
    ...facts,
  });
}

/** The kind of the outcome, with the code of a failure or the reason of a stop. */
function short(outcome: Outcome): string {
  if (outcome.kind === 'failed') return `failed ${outcome.failure.code}`;
  if (outcome.kind === 'completed' && outcome.stopped_by) return `completed ${outcome.stopped_by}`;
  return outcome.kind;
}

describe('a process that ended by itself', () => {
  test.each([
    ['exit 0', EXIT.zero],
    ['exit 1', EXIT.one],
    ['SIGKILL', EXIT.sigkill],
  ])('with a good last result line is a success, whatever its exit: %s', (_, exit) => {
    const outcome = conclude({ exit, result: OK, stderrTail: 'some noise' });
    expect(outcome).toEqual({ kind: 'completed', result: OK });
  });

  test.each([
    ['0 turns and no text', { num_turns: 0, result: '' }, 'failed NO_ANSWER'],
    ['0 turns and no result key', { num_turns: 0, result: undefined }, 'failed NO_ANSWER'],
    [
      '0 turns, but a slash command',
      { num_turns: 0, result: '', local_command: 'compact' },
      'completed',
    ],
    ['0 turns, but a text', { num_turns: 0, result: '## Context' }, 'completed'],
    ['a turn and no text', { num_turns: 1, result: '' }, 'completed'],
    ['turns that are not told', { num_turns: undefined, result: '' }, 'completed'],
  ])('and reported success with %s', (_, fields, expected) => {
    expect(short(conclude({ result: { ...OK, ...fields } as Result }))).toBe(expected);
  });

  test.each<[string, Partial<Result>, string | null, ErrorCode]>([
    ['turns spent', { subtype: 'error_max_turns' }, null, 'MAX_TURNS'],
    ['budget spent', { subtype: 'error_max_budget_usd' }, null, 'BUDGET_EXCEEDED'],
    [
      'no transcript',
      { errors: ['No conversation found with session ID: x'] },
      null,
      'CONVERSATION_NOT_FOUND',
    ],
    ['an error of the turn', { terminal_reason: 'aborted_streaming' }, null, 'EXECUTION_ERROR'],
    ['a subtype nobody knows', { subtype: 'error_tomorrow' }, null, 'EXECUTION_ERROR'],
    ['400', { api_error_status: 400 }, 'unknown', 'API_INVALID_REQUEST'],
    ['400 for want of credit', { api_error_status: 400 }, 'billing_error', 'BILLING'],
    [
      'a prompt too long',
      { api_error_status: 400, terminal_reason: 'prompt_too_long' },
      'invalid_request',
      'PROMPT_TOO_LONG',
    ],
    ['401', { api_error_status: 401 }, 'authentication_failed', 'AUTHENTICATION'],
    ['402', { api_error_status: 402 }, 'unknown', 'BILLING'],
    ['403', { api_error_status: 403 }, 'authentication_failed', 'PERMISSION'],
    ['404', { api_error_status: 404 }, 'model_not_found', 'MODEL_NOT_FOUND'],
    ['408', { api_error_status: 408 }, null, 'CONNECTION'],
    ['413', { api_error_status: 413 }, 'invalid_request', 'PROMPT_TOO_LONG'],
    ['422', { api_error_status: 422 }, null, 'API_INVALID_REQUEST'],
    ['429', { api_error_status: 429 }, 'rate_limit', 'RATE_LIMITED'],
    ['500', { api_error_status: 500 }, 'server_error', 'SERVER_ERROR'],
    ['503', { api_error_status: 503 }, 'server_error', 'SERVER_ERROR'],
    ['529', { api_error_status: 529 }, 'server_error', 'OVERLOADED'],
    ['no connection', { api_error_status: null }, 'server_error', 'CONNECTION'],
    ['no status and no word', { api_error_status: null }, null, 'CONNECTION'],
    ['no login', { api_error_status: null }, 'authentication_failed', 'AUTHENTICATION'],
    ['a plan without this', {}, 'oauth_org_not_allowed', 'PERMISSION'],
    ['a limit without a status', {}, 'rate_limit', 'RATE_LIMITED'],
    ['overload without a status', {}, 'overloaded', 'OVERLOADED'],
  ])('and failed: %s', (_, fields, apiError, code) => {
    const api = 'api_error_status' in fields || apiError !== null;
    const result: Result = {
      ...FAILED,
      ...(api && { subtype: 'success', terminal_reason: 'api_error', result: 'API Error: text' }),
      ...fields,
    };
    const outcome = conclude({ exit: EXIT.one, result, apiError });
    expect(outcome).toMatchObject({
      kind: 'failed',
      failure: { code, retryable: codeFacts(code).retryable, exit_code: 1 },
      result,
    });
    expect(outcome).toHaveProperty('failure.message', expect.stringMatching(/\S/));
  });

  test.each<[string, Partial<AttemptFacts>, ErrorCode]>([
    [
      'unknown option',
      {
        exit: EXIT.one,
        sawInit: false,
        stderrTail: "error: unknown option '--nope'\n(Did you mean --name?)",
      },
      'CLAUDE_BAD_FLAGS',
    ],
    [
      'bad value',
      {
        exit: EXIT.one,
        sawInit: false,
        stderrTail: "error: option '--max-turns <turns>' argument 'abc' is invalid.",
      },
      'CLAUDE_BAD_FLAGS',
    ],
    [
      'bad schema',
      {
        exit: EXIT.one,
        sawInit: false,
        stderrTail: 'Error: --json-schema is not a valid JSON Schema: data/type',
      },
      'CLAUDE_BAD_FLAGS',
    ],
    [
      'bad MCP file',
      {
        exit: EXIT.one,
        sawInit: false,
        stderrTail: 'Error: Invalid MCP configuration:\nMCP config is not a valid JSON',
      },
      'CLAUDE_BAD_FLAGS',
    ],
    [
      'bypass as root',
      {
        exit: EXIT.one,
        sawInit: false,
        stderrTail: '--dangerously-skip-permissions cannot be used with root/sudo privileges',
      },
      'CLAUDE_BAD_FLAGS',
    ],
    [
      'the same words after init',
      { exit: EXIT.one, stderrTail: "error: unknown option '--nope' (of a tool)" },
      'PROTOCOL',
    ],
    [
      'no program',
      {
        exit: {
          code: null,
          signal: null,
          spawnError: { code: 'ENOENT', message: 'spawn claude ENOENT' },
        },
        sawInit: false,
      },
      'CLAUDE_NOT_FOUND',
    ],
    [
      'not executable',
      {
        exit: { code: null, signal: null, spawnError: { code: 'EACCES', message: 'spawn EACCES' } },
        sawInit: false,
      },
      'CLAUDE_NOT_FOUND',
    ],
    [
      'directory is a file',
      {
        exit: {
          code: null,
          signal: null,
          spawnError: { code: 'ENOTDIR', message: 'spawn ENOTDIR' },
        },
        sawInit: false,
      },
      'WORKING_DIR_NOT_FOUND',
    ],
    [
      'arguments too long',
      {
        exit: { code: null, signal: null, spawnError: { code: 'E2BIG', message: 'spawn E2BIG' } },
        sawInit: false,
      },
      'CLAUDE_BAD_FLAGS',
    ],
    [
      'no memory to start',
      {
        exit: { code: null, signal: null, spawnError: { code: 'ENOMEM', message: 'spawn ENOMEM' } },
        sawInit: false,
      },
      'OUT_OF_MEMORY',
    ],
    [
      'another error of spawn',
      {
        exit: { code: null, signal: null, spawnError: { code: 'EMFILE', message: 'spawn EMFILE' } },
        sawInit: false,
      },
      'INTERNAL',
    ],
    [
      'launcher found no program',
      {
        exit: { code: 127, signal: null },
        sawInit: false,
        stderrTail: 'setpriv: failed to execute claude',
      },
      'CLAUDE_NOT_FOUND',
    ],
    [
      'full heap',
      {
        exit: { code: null, signal: 'SIGABRT' },
        stderrTail: 'FATAL ERROR: Reached heap limit - JavaScript heap out of memory',
      },
      'OUT_OF_MEMORY',
    ],
    [
      'full heap, by exit code',
      { exit: { code: 134, signal: null }, stderrTail: 'JavaScript heap out of memory' },
      'OUT_OF_MEMORY',
    ],
    [
      'abort of another cause',
      { exit: { code: null, signal: 'SIGABRT' }, stderrTail: 'assertion failed' },
      'KILLED',
    ],
    ['SIGKILL from elsewhere', { exit: EXIT.sigkill }, 'KILLED'],
    ['137', { exit: { code: 137, signal: null } }, 'KILLED'],
    ['SIGTERM from elsewhere', { exit: EXIT.term }, 'KILLED'],
    ['rejected by a limit, exit 0', { rateLimit: { resetsAt: new Date(0) } }, 'RATE_LIMITED'],
    ['killed while limited', { exit: EXIT.sigkill, rateLimit: {} }, 'KILLED'],
    ['exit 0 and nothing else', {}, 'PROTOCOL'],
    ['exit 1 with words', { exit: EXIT.one, stderrTail: 'Error: boom' }, 'PROTOCOL'],
    [
      'id in use',
      { exit: EXIT.one, sawInit: false, stderrTail: 'Error: Session ID x is already in use.' },
      'CLAUDE_BAD_FLAGS',
    ],
  ])('and left no result line: %s', (_, facts, code) => {
    const outcome = conclude(facts);
    expect(outcome).toMatchObject({
      kind: 'failed',
      failure: { code, retryable: codeFacts(code).retryable },
    });
    expect(outcome).not.toHaveProperty('result');
    expect(outcome).toHaveProperty('failure.message', expect.stringMatching(/\S/));
  });
});

describe('a process that Baton stopped', () => {
  const REASONS: Record<string, AbortReason> = {
    cancel: { kind: 'cancel' },
    interrupt: { kind: 'interrupt' },
    hand_back: { kind: 'hand_back' },
    startup: { kind: 'timed_out', deadline: 'startup' },
    idle: { kind: 'timed_out', deadline: 'idle' },
    wall_clock: { kind: 'timed_out', deadline: 'wall_clock' },
    exit: { kind: 'timed_out', deadline: 'exit' },
    lost: { kind: 'lost' },
    store_unavailable: { kind: 'store_unavailable' },
  };

  // By reason: no result line; a good one before and after our signal; a bad one before and after.
  test.each([
    ['cancel', 'cancelled', 'completed', 'cancelled', 'cancelled', 'cancelled'],
    [
      'interrupt',
      'failed INTERRUPT_TIMEOUT',
      'completed',
      'completed interrupt',
      'failed EXECUTION_ERROR',
      'completed interrupt',
    ],
    ['hand_back', 'handed_back', 'completed', 'completed', 'failed EXECUTION_ERROR', 'handed_back'],
    [
      'startup',
      'failed STARTUP_TIMEOUT',
      'completed',
      'completed',
      'failed EXECUTION_ERROR',
      'failed STARTUP_TIMEOUT',
    ],
    [
      'idle',
      'failed IDLE_TIMEOUT',
      'completed',
      'completed',
      'failed EXECUTION_ERROR',
      'failed IDLE_TIMEOUT',
    ],
    [
      'wall_clock',
      'failed WALL_CLOCK_TIMEOUT',
      'completed',
      'completed',
      'failed EXECUTION_ERROR',
      'failed WALL_CLOCK_TIMEOUT',
    ],
    [
      'exit',
      'failed PROTOCOL',
      'completed',
      'completed',
      'failed EXECUTION_ERROR',
      'failed PROTOCOL',
    ],
    ['lost', 'handed_back', 'handed_back', 'handed_back', 'handed_back', 'handed_back'],
    [
      'store_unavailable',
      'failed STORE_UNAVAILABLE',
      'completed',
      'completed',
      'failed EXECUTION_ERROR',
      'failed STORE_UNAVAILABLE',
    ],
  ])('for %s', (reason, none, goodBefore, goodAfter, badBefore, badAfter) => {
    const abort = REASONS[reason] ?? null;
    const end = (result: Result | null, resultBeforeAbort: boolean) =>
      short(conclude({ exit: EXIT.sigkill, abort, result, resultBeforeAbort }));
    expect([
      end(null, false),
      end(OK, true),
      end(OK, false),
      end(FAILED, true),
      end(FAILED, false),
    ]).toEqual([none, goodBefore, goodAfter, badBefore, badAfter]);
  });

  test('keeps the result of a cancelled or interrupted turn', () => {
    for (const kind of ['cancel', 'interrupt'] as const) {
      expect(conclude({ abort: { kind }, result: FAILED })).toMatchObject({ result: FAILED });
    }
  });

  test('by an interrupt before its first turn did not fail to end', () => {
    const outcome = conclude({ abort: { kind: 'interrupt' }, exit: EXIT.sigint, sawInit: false });
    expect(short(outcome)).toBe('failed PROTOCOL');
  });

  test('after an empty success has given no answer', () => {
    const result = { ...OK, num_turns: 0, result: '' };
    const facts = { abort: { kind: 'hand_back' as const }, result };
    expect(short(conclude({ ...facts, resultBeforeAbort: true }))).toBe('failed NO_ANSWER');
    expect(short(conclude({ ...facts, resultBeforeAbort: false }))).toBe('failed NO_ANSWER');
  });
});

describe('a failure', () => {
  test.each<[string, Partial<AttemptFacts>, string]>([
    [
      'what the API said',
      {
        result: {
          ...FAILED,
          subtype: 'success',
          terminal_reason: 'api_error',
          api_error_status: 529,
          result: 'API Error: 529 later',
        },
      },
      'API Error: 529 later',
    ],
    [
      'the errors of the turn',
      { result: { ...FAILED, errors: ['one', 'two'], result: 'x' } },
      'one; two',
    ],
    ['the seed’s error key', { result: { ...FAILED, error: 'old' } }, 'old'],
    [
      'the subtype, where nothing was said',
      { result: { ...FAILED, errors: [], result: ' ' } },
      'the claude CLI ended with error_during_execution',
    ],
    [
      'the catalogue, where nothing else is known',
      { result: { ...FAILED, subtype: 'success', api_error_status: 500 } },
      codeFacts('SERVER_ERROR').says,
    ],
    [
      'the end of stderr',
      { exit: EXIT.one, stderrTail: 'Error: boom\n' },
      'the claude CLI ended with exit code 1 and no result line: Error: boom',
    ],
    [
      'the moment of a reset',
      { rateLimit: { resetsAt: new Date(0) } },
      'the account is rate limited until 1970-01-01T00:00:00.000Z',
    ],
  ])('says %s', (_, facts, message) => {
    expect(conclude(facts)).toHaveProperty('failure.message', message);
  });

  test('carries the facts that are known and no others', () => {
    const result = { ...FAILED, subtype: 'success', api_error_status: 429, result: 'no' };
    expect(conclude({ exit: EXIT.one, result, stderrTail: ' tail\n' })).toHaveProperty('failure', {
      code: 'RATE_LIMITED',
      message: 'no',
      retryable: true,
      api_error_status: 429,
      exit_code: 1,
      stderr_tail: 'tail',
    });
    expect(conclude({ exit: EXIT.sigkill })).toHaveProperty('failure', {
      code: 'KILLED',
      message: expect.stringContaining('SIGKILL'),
      retryable: true,
      signal: 'SIGKILL',
    });
  });

  test('names the working directory where the process could not be started', () => {
    const spawnError = { code: 'ENOENT', message: 'spawn claude ENOENT' };
    const outcome = conclude({ exit: { code: null, signal: null, spawnError }, workingDir: '/w' });
    expect(outcome).toHaveProperty('failure.message', expect.stringContaining('in /w'));
  });

  test('is never read out of the conversation: a success that speaks of errors is a success', () => {
    const result = { ...OK, result: 'API Error: 401, No conversation found, out of memory' };
    expect(short(conclude({ result, stderrTail: 'error: unknown option' }))).toBe('completed');
  });
});
