import { AppError } from '@baton/core/internal';
import { MongoNetworkError } from 'mongodb';
import { describe, expect, test } from 'vitest';
import { neverRan, refusalOutcome } from '../../../../apps/worker/src/attempt/refusal.ts';

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

  test('tells nothing of an error that nobody foresaw', () => {
    const outcome = refusalOutcome(new Error('ENOSPC: /srv/secret-place'));
    expect(outcome).toMatchObject({ kind: 'failed', failure: { code: 'INTERNAL' } });
    expect(JSON.stringify(outcome)).not.toContain('secret-place');
  });
});

test.each([
  [{ kind: 'cancel' }, 'cancelled'],
  [{ kind: 'hand_back' }, 'handed_back'],
] as const)('an attempt that was ended by %j before it ran is %s', (reason, kind) => {
  expect(neverRan(reason).kind).toBe(kind);
});
