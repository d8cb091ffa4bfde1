import { AppError, createLogger } from '@baton/core/internal';
import { MongoNetworkError } from 'mongodb';
import { describe, expect, test } from 'vitest';
import {
  refusalOutcome,
  refuseAttempt,
} from '../../../../apps/worker/src/attempt/refuse-attempt.ts';
import { CaptureFailedError } from '../../../../apps/worker/src/capture/capture-engine.ts';

function refuse(error: unknown) {
  const logged: Record<string, unknown>[] = [];
  const log = createLogger('worker', 'info', { write: (line) => logged.push(JSON.parse(line)) });
  const outcome = refuseAttempt(error, { report() {} }, log);
  return { logged, outcome };
}

test('a caller’s mistake is logged with its code and message, without a stack trace', () => {
  const details = { field: 'parent_session_id' };
  const { logged, outcome } = refuse(new AppError('SESSION_NOT_TERMINAL', 'it runs', { details }));
  expect(outcome).toMatchObject({ kind: 'failed', failure: { code: 'SESSION_NOT_TERMINAL' } });
  expect(logged).toMatchObject([
    {
      level: 30,
      code: 'SESSION_NOT_TERMINAL',
      ...details,
      msg: 'the session was refused: it runs',
    },
  ]);
  expect(logged[0]).not.toHaveProperty('err');
});

test('a restore that this host cannot do leaves the session to another host', () => {
  const { outcome } = refuse(new CaptureFailedError('git index-pack failed: No space left'));
  expect(outcome).toMatchObject({ kind: 'host_failure', failure: { code: 'HOST_ERROR' } });
});

test('an unexpected error is logged with its stack trace', () => {
  const { logged } = refuse(new Error('unforeseen'));
  expect(logged).toMatchObject([{ level: 40, err: { stack: expect.stringContaining('at ') } }]);
});

describe('an attempt that could not be prepared', () => {
  test.each([
    new MongoNetworkError('connection closed'),
    new AppError('UNAVAILABLE', 'Redis does not answer'),
  ])('is handed back while a store is away: %s', (error) => {
    expect(refusalOutcome(error)).toEqual({ kind: 'handed_back' });
  });

  test('fails with the code and the field of its refusal', () => {
    const details = { field: 'working_dir' };
    const error = new AppError('WORKING_DIR_NOT_FOUND', 'no directory /x', { details });
    const failure = { code: 'WORKING_DIR_NOT_FOUND', message: 'no directory /x', ...details };
    expect(refusalOutcome(error)).toMatchObject({ kind: 'failed', failure });
  });

  test('fails with INTERNAL and without details of an unexpected error', () => {
    const outcome = refusalOutcome(new Error('ENOSPC: /srv/secret-place'));
    expect(outcome).toMatchObject({ kind: 'failed', failure: { code: 'INTERNAL' } });
    expect(JSON.stringify(outcome)).not.toContain('secret-place');
  });
});
