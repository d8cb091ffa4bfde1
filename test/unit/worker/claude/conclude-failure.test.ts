import { codeFacts } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import type { AttemptFacts } from '../../../../apps/worker/src/claude/conclude.ts';
import { conclude, EXIT, FAILED, OK, short } from './concluding.ts';

describe('a failure', () => {
  test.each<[string, Partial<AttemptFacts>, string]>([
    [
      'the API’s message',
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
    ['the text of the seed’s error key', { result: { ...FAILED, error: 'old' } }, 'old'],
    [
      'the subtype if the CLI gave no text',
      { result: { ...FAILED, errors: [], result: ' ' } },
      'the claude CLI ended with error_during_execution',
    ],
    [
      'the catalogue’s description if nothing else is known',
      { result: { ...FAILED, subtype: 'success', api_error_status: 500 } },
      codeFacts('SERVER_ERROR').description,
    ],
    [
      'the end of stderr',
      { exit: EXIT.one, stderrTail: 'Error: boom\n' },
      'the claude CLI ended with exit code 1 and no result line: Error: boom',
    ],
    [
      'the time of a rate limit’s reset',
      { rateLimit: { resetsAt: new Date(0) } },
      'the account is rate limited until 1970-01-01T00:00:00.000Z',
    ],
  ])('has %s as its message', (_, facts, message) => {
    expect(conclude(facts)).toHaveProperty('failure.message', message);
  });

  test('has only the known facts', () => {
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

  test('names the working directory if the process could not start', () => {
    const spawnError = { code: 'ENOENT', message: 'spawn claude ENOENT' };
    const outcome = conclude({ exit: { code: null, signal: null, spawnError }, workingDir: '/w' });
    expect(outcome).toHaveProperty('failure.message', expect.stringContaining('in /w'));
  });

  test('is not read from the conversation: a successful answer about errors is a success', () => {
    const result = { ...OK, result: 'API Error: 401, No conversation found, out of memory' };
    expect(short(conclude({ result, stderrTail: 'error: unknown option' }))).toBe('completed');
  });
});
