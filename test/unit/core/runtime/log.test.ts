import { AppError, createLogger } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';

function logged(error: unknown): { text: string; err: Record<string, unknown> } {
  const lines: string[] = [];
  createLogger('test', 'info', { write: (line) => lines.push(line) }).error({ err: error }, 'bad');
  const text = lines.join('');
  return { text, err: JSON.parse(text).err };
}

describe('a logged error', () => {
  test('has its type, code, message, stack and causes', () => {
    const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    const { err } = logged(
      new AppError('UNAVAILABLE', 'Redis does not answer', { cause, details: { field: 'a' } }),
    );
    expect(err).toMatchObject({
      type: 'AppError',
      code: 'UNAVAILABLE',
      message: 'Redis does not answer',
      field: 'a',
      stack: expect.stringContaining('log.test.ts'),
      cause: { type: 'Error', code: 'ECONNREFUSED', message: 'refused' },
    });
  });

  test('leaves out the command that a driver attaches', () => {
    const command = { name: 'evalsha', args: ['s3cret payload'] };
    const { text } = logged(Object.assign(new Error('aborted'), { command, op: { s3cret: 1 } }));
    expect(text).not.toContain('s3cret');
  });

  test('is finite even if its causes form a cycle', () => {
    const error = new Error('ring');
    error.cause = error;
    expect(logged(error).err).toMatchObject({ message: 'ring', cause: { message: 'ring' } });
  });

  test('has only the type if it is not an Error', () => {
    expect(logged('s3cret').err).toEqual({ type: 'string' });
  });
});

test('every log line is masked before it is written', () => {
  const lines: string[] = [];
  const stream = { write: (line: string) => lines.push(line) };
  const log = createLogger('test', 'info', stream, (line) => line.replaceAll('hidden', '******'));
  log.child({ session_id: 'hidden' }).info('it is hidden');
  expect(JSON.parse(lines.join())).toMatchObject({ session_id: '******', msg: 'it is ******' });
});
