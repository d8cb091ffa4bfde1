import { AppError, createLogger } from '@baton/core/internal';
import { expect, test } from 'vitest';
import { refuseAttempt } from '../../../../apps/worker/src/attempt/refuse-attempt.ts';

function refuse(error: unknown) {
  const logged: Record<string, unknown>[] = [];
  const log = createLogger('worker', 'info', { write: (line) => logged.push(JSON.parse(line)) });
  const outcome = refuseAttempt(error, { report() {} }, log);
  return { logged, outcome };
}

test('a caller’s mistake is logged by its code and message, without a stack trace', () => {
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

test('an error that nobody foresaw is logged with its stack trace', () => {
  const { logged } = refuse(new Error('unforeseen'));
  expect(logged).toMatchObject([{ level: 40, err: { stack: expect.stringContaining('at ') } }]);
});
