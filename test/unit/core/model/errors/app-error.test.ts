import {
  AppError,
  codeFacts,
  ERROR_CODES,
  errorCodeSchema,
  isAppError,
} from '@baton/core/internal';
import { describe, expect, test } from 'vitest';

describe('AppError', () => {
  test('carries its code, details and cause', () => {
    const cause = new Error('why');
    const error = new AppError('UNAVAILABLE', 'away', { details: { field: 'x' }, cause });
    expect(error).toMatchObject({ code: 'UNAVAILABLE', message: 'away', details: { field: 'x' } });
    expect(error.cause).toBe(cause);
  });

  test.each<[string, unknown, boolean]>([
    ['an AppError', new AppError('INTERNAL', 'x'), true],
    [
      'an AppError of another copy of the package',
      Object.assign(new Error('x'), { name: 'AppError', code: 'INTERNAL' }),
      true,
    ],
    [
      'an AppError with an unknown code',
      Object.assign(new Error('x'), { name: 'AppError', code: 'X' }),
      false,
    ],
    ['any other Error', new Error('x'), false],
    ['a thrown string', 'AppError', false],
  ])('is recognized by isAppError: for %s it returns %s', (_, error, expected) => {
    expect(isAppError(error)).toBe(expected);
  });
});

// Error codes of HTTP responses, each with its status.
test.each([
  ['INVALID_REQUEST', 400],
  ['UNAUTHENTICATED', 401],
  ['FORBIDDEN', 403],
  ['SESSION_NOT_FOUND', 404],
  ['PARENT_NOT_FOUND', 404],
  ['SESSION_NOT_TERMINAL', 409],
  ['SESSION_TERMINAL', 409],
  ['PARENT_NOT_RESUMABLE', 409],
  ['IDEMPOTENCY_CONFLICT', 409],
  ['PAYLOAD_TOO_LARGE', 413],
  ['WORKING_DIR_NOT_ALLOWED', 422],
  ['ENV_NOT_ALLOWED', 422],
  ['PERMISSION_MODE_NOT_ALLOWED', 422],
  ['OPTION_NOT_ALLOWED', 422],
  ['LIMIT_EXCEEDED', 429],
  ['INTERNAL', 500],
  ['UNAVAILABLE', 503],
] as const)('the error %s has the HTTP status %i', (code, http) => {
  expect(codeFacts(code).http).toBe(http);
});

test('exactly the failures named in the contract are retried', () => {
  const failures = errorCodeSchema.options.filter(
    (code) => codeFacts(code).http === undefined && ERROR_CODES[code].retryable,
  );
  expect(failures.sort()).toEqual(
    [
      'RATE_LIMITED',
      'OVERLOADED',
      'SERVER_ERROR',
      'CONNECTION',
      'REPOSITORY_UNAVAILABLE',
      'STARTUP_TIMEOUT',
      'IDLE_TIMEOUT',
      'KILLED',
      'STORE_UNAVAILABLE',
      'HOST_ERROR',
    ].sort(),
  );
});
