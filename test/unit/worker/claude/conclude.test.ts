import { codeFacts, type ErrorCode, type Result } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import type { AttemptFacts } from '../../../../apps/worker/src/claude/conclude.ts';
import { conclude, EXIT, FAILED, OK, short } from './concluding.ts';

describe('a process that ended by itself', () => {
  test.each([
    ['exit 0', EXIT.zero],
    ['exit 1', EXIT.one],
    ['SIGKILL', EXIT.sigkill],
  ])('with a good last result line completes its session after any exit: %s', (_, exit) => {
    const outcome = conclude({ exit, result: OK, stderrTail: 'some noise' });
    expect(outcome).toEqual({ kind: 'completed', result: OK });
  });

  test.each([
    ['exit 0', EXIT.zero, 'completed'],
    ['exit 1', EXIT.one, 'failed PROTOCOL'],
    ['SIGKILL', EXIT.sigkill, 'failed KILLED'],
  ])('while work was pending completes its session only after exit 0: %s', (_, exit, expected) => {
    expect(short(conclude({ exit, result: OK, isInterim: true }))).toBe(expected);
  });

  test.each([
    ['0 turns and no text', { num_turns: 0, result: '' }, 'failed NO_ANSWER'],
    ['0 turns and no result key', { num_turns: 0, result: undefined }, 'failed NO_ANSWER'],
    [
      '0 turns, but a slash command',
      { num_turns: 0, result: '', local_command: 'compact' },
      'completed',
    ],
    [
      '0 turns and a slash command that it does not run',
      { num_turns: 0, result: "/help isn't available in this environment." },
      'failed NO_ANSWER',
    ],
    ['a turn and no text', { num_turns: 1, result: '' }, 'completed'],
    ['no count of turns', { num_turns: undefined, result: '' }, 'completed'],
  ])('and reported success gets the right outcome with %s', (_, fields, expected) => {
    expect(short(conclude({ result: { ...OK, ...fields } as Result }))).toBe(expected);
  });

  // Results that the CLI may print with `is_error: false`.
  test.each<[string, Partial<Result>, string]>([
    ['a deferred tool call', { terminal_reason: 'tool_deferred' }, 'failed TOOL_DEFERRED'],
    [
      'a deferred tool call by its stop reason',
      { stop_reason: 'tool_deferred' },
      'failed TOOL_DEFERRED',
    ],
    [
      'a deferred tool call by its call',
      { deferred_tool_use: { id: 't' } },
      'failed TOOL_DEFERRED',
    ],
    ['a refusal without text', { stop_reason: 'refusal', result: ' ' }, 'failed REFUSED'],
    [
      'a refusal with invisible text',
      { stop_reason: 'refusal', result: '\u200b\u2060' },
      'failed REFUSED',
    ],
    [
      'a refusal with null as structured output',
      { stop_reason: 'refusal', result: '', structured_output: null },
      'failed REFUSED',
    ],
    [
      'a refusal with structured output',
      { stop_reason: 'refusal', result: '', structured_output: { a: 1 } },
      'completed',
    ],
    ['a refusal with text', { stop_reason: 'refusal', result: 'no' }, 'completed'],
    ['an answer that was cut', { stop_reason: 'max_tokens', result: 'and' }, 'completed'],
    ['a full context window', { terminal_reason: 'blocking_limit' }, 'failed PROMPT_TOO_LONG'],
    ['too many compactions', { terminal_reason: 'rapid_refill_breaker' }, 'failed PROMPT_TOO_LONG'],
    ['a prompt that is too long', { terminal_reason: 'prompt_too_long' }, 'failed PROMPT_TOO_LONG'],
    ['turns spent', { terminal_reason: 'max_turns' }, 'failed MAX_TURNS'],
    ['budget spent', { terminal_reason: 'budget_exhausted' }, 'failed BUDGET_EXCEEDED'],
    [
      'no structured output',
      { terminal_reason: 'structured_output_retry_exhausted' },
      'failed STRUCTURED_OUTPUT_INVALID',
    ],
    ['an aborted tool call', { terminal_reason: 'aborted_tools' }, 'failed EXECUTION_ERROR'],
    ['an aborted stream', { terminal_reason: 'aborted_streaming' }, 'failed EXECUTION_ERROR'],
    ['a failed turn setup', { terminal_reason: 'turn_setup_failed' }, 'failed EXECUTION_ERROR'],
    [
      'a deferred tool call that is unavailable',
      { terminal_reason: 'tool_deferred_unavailable' },
      'failed EXECUTION_ERROR',
    ],
    [
      'an API error without text',
      { terminal_reason: 'api_error', result: '' },
      'failed CONNECTION',
    ],
    ['an API error after an answer', { terminal_reason: 'api_error' }, 'completed'],
    ['a stop hook', { terminal_reason: 'stop_hook_prevented' }, 'completed'],
    ['a good end', { terminal_reason: 'completed', stop_reason: 'end_turn' }, 'completed'],
    ['an unknown terminal reason', { terminal_reason: 'constructor' }, 'completed'],
  ])('and reported no error gets the right outcome with %s', (_, fields, expected) => {
    const outcome = conclude({ result: { ...OK, ...fields } });
    expect(short(outcome)).toBe(expected);
    expect(outcome).toHaveProperty('result');
  });

  test('without a matching structured answer fails its session unless it was interrupted', () => {
    const facts = { result: OK, answerProblem: 'it does not fit' };
    expect(conclude(facts)).toMatchObject({
      failure: { code: 'STRUCTURED_OUTPUT_INVALID', message: 'it does not fit', retryable: false },
    });
    const interrupted = conclude({ ...facts, abort: { kind: 'interrupt' } });
    expect(short(interrupted)).toBe('completed interrupt');
  });

  test('reports the error of its failed slash command', () => {
    const result = { ...OK, num_turns: 0, result: '', local_command: 'compact' };
    const outcome = conclude({ result, commandError: 'Error: No messages to compact' });
    expect(short(outcome)).toBe('failed NO_ANSWER');
    expect(outcome).toHaveProperty(
      'failure.message',
      'the slash command /compact failed: Error: No messages to compact',
    );
    // If the session asked the model, an earlier command may have failed without failing the session.
    expect(short(conclude({ result: OK, commandError: 'Error: x' }))).toBe('completed');
  });

  test('reports the text with which it refused a slash command', () => {
    const text = "/help isn't available in this environment.";
    const outcome = conclude({ result: { ...OK, num_turns: 0, result: text } });
    expect(outcome).toHaveProperty('failure.message', expect.stringContaining(text));
  });

  test.each<[string, Partial<Result>, string | null, ErrorCode]>([
    [
      'no structured answer',
      { subtype: 'error_max_structured_output_retries' },
      null,
      'STRUCTURED_OUTPUT_INVALID',
    ],
    [
      'a subtype that is a property of every object',
      { subtype: 'toString' },
      null,
      'EXECUTION_ERROR',
    ],
    ['a refusal', { stop_reason: 'refusal', api_error_status: null }, 'invalid_request', 'REFUSED'],
    [
      'an answer that is too long',
      { api_error_status: null },
      'max_output_tokens',
      'MAX_OUTPUT_TOKENS',
    ],
    ['an account on hold', { api_error_status: null }, 'account_on_hold', 'PERMISSION'],
    [
      'an API error that is a property of every object',
      { api_error_status: null },
      'valueOf',
      'CONNECTION',
    ],
    ['turns spent', { subtype: 'error_max_turns' }, null, 'MAX_TURNS'],
    ['budget spent', { subtype: 'error_max_budget_usd' }, null, 'BUDGET_EXCEEDED'],
    [
      'no transcript',
      { errors: ['No conversation found with session ID: x'] },
      null,
      'CONVERSATION_NOT_FOUND',
    ],
    ['an error of the turn', { terminal_reason: 'aborted_streaming' }, null, 'EXECUTION_ERROR'],
    ['an unknown subtype', { subtype: 'error_tomorrow' }, null, 'EXECUTION_ERROR'],
    ['400', { api_error_status: 400 }, 'unknown', 'API_INVALID_REQUEST'],
    ['400 without credit', { api_error_status: 400 }, 'billing_error', 'BILLING'],
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
    ['no status and no API error', { api_error_status: null }, null, 'CONNECTION'],
    ['no login', { api_error_status: null }, 'authentication_failed', 'AUTHENTICATION'],
    ['an organization that is not allowed', {}, 'oauth_org_not_allowed', 'PERMISSION'],
    ['a limit without a status', {}, 'rate_limit', 'RATE_LIMITED'],
    ['overload without a status', {}, 'overloaded', 'OVERLOADED'],
  ])('and reported an error gets the right code with %s', (_, fields, apiError, code) => {
    const isApiError = 'api_error_status' in fields || apiError !== null;
    const ending = isApiError
      ? { subtype: 'success', terminal_reason: 'api_error', result: 'API Error: text' }
      : {};
    const result: Result = { ...FAILED, ...ending, ...fields };
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
      'an unknown option in stderr after init',
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
      'launcher printed nothing',
      { exit: { code: 126, signal: null }, sawInit: false },
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
      'abort for another cause',
      { exit: { code: null, signal: 'SIGABRT' }, stderrTail: 'assertion failed' },
      'KILLED',
    ],
    ['SIGKILL from elsewhere', { exit: EXIT.sigkill }, 'KILLED'],
    ['137', { exit: { code: 137, signal: null } }, 'KILLED'],
    ['SIGTERM from elsewhere', { exit: EXIT.term }, 'KILLED'],
    ['rejected by a limit, exit 0', { rateLimit: { resetsAt: new Date(0) } }, 'RATE_LIMITED'],
    ['killed while limited', { exit: EXIT.sigkill, rateLimit: {} }, 'KILLED'],
    ['exit 0 and nothing else', {}, 'PROTOCOL'],
    ['exit 1 with stderr', { exit: EXIT.one, stderrTail: 'Error: boom' }, 'PROTOCOL'],
    [
      'id in use',
      { exit: EXIT.one, sawInit: false, stderrTail: 'Error: Session ID x is already in use.' },
      'CLAUDE_BAD_FLAGS',
    ],
  ])('and left no result line gets the right code with %s', (_, facts, code) => {
    const outcome = conclude(facts);
    expect(outcome).toMatchObject({
      kind: 'failed',
      failure: { code, retryable: codeFacts(code).retryable },
    });
    expect(outcome).not.toHaveProperty('result');
    expect(outcome).toHaveProperty('failure.message', expect.stringMatching(/[^\s:]$/));
  });
});
