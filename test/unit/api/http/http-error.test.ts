import { AppError, ERROR_CODES, type ErrorCode } from '@baton/core/internal';
import {
  MongoNetworkError,
  MongoNotConnectedError,
  MongoOperationTimeoutError,
  MongoServerError,
} from 'mongodb';
import { describe, expect, test } from 'vitest';
import { toAnswerable } from '../../../../apps/api/src/http/http-error.ts';

function fastifyError(code: string, statusCode: number): Error {
  return Object.assign(new Error('body "s3cret" is wrong'), { code, statusCode });
}

const table: [what: string, thrown: unknown, code: ErrorCode][] = [
  ['no connection to MongoDB', new MongoNetworkError('down'), 'UNAVAILABLE'],
  ['a closed client', new MongoNotConnectedError('closed'), 'UNAVAILABLE'],
  ['a MongoDB that hangs', new MongoOperationTimeoutError('late'), 'UNAVAILABLE'],
  [
    'a MongoDB that steps down',
    new MongoServerError({ message: 'no', code: 10107 }),
    'UNAVAILABLE',
  ],
  ['a write that MongoDB refuses', new MongoServerError({ message: 'no', code: 2 }), 'INTERNAL'],
  ['a handler timeout', fastifyError('FST_ERR_HANDLER_TIMEOUT', 503), 'UNAVAILABLE'],
  ['a large body', fastifyError('FST_ERR_CTP_BODY_TOO_LARGE', 413), 'PAYLOAD_TOO_LARGE'],
  ['broken JSON', fastifyError('FST_ERR_CTP_INVALID_JSON_BODY', 400), 'INVALID_REQUEST'],
  ['another content type', fastifyError('FST_ERR_CTP_INVALID_MEDIA_TYPE', 415), 'INVALID_REQUEST'],
  ['any other 4xx of Fastify', fastifyError('FST_ERR_NEW', 418), 'INVALID_REQUEST'],
  ['a 5xx of Fastify', fastifyError('FST_ERR_NEW', 502), 'INTERNAL'],
  ['a bug', new TypeError('s3cret is not a function'), 'INTERNAL'],
  ['a thrown string', 's3cret', 'INTERNAL'],
  ['a thrown undefined', undefined, 'INTERNAL'],
  ['a code that has no HTTP status', new AppError('TRANSCRIPT_CORRUPT', 's3cret'), 'INTERNAL'],
];

describe('the error that a caller receives', () => {
  test.each(table)('has the right code and no secret for %s', (_, thrown, code) => {
    const answer = toAnswerable(thrown);
    expect(answer.code).toBe(code);
    expect(answer.message).not.toContain('s3cret');
    expect(answer.cause).toBe(thrown);
  });

  const answers = Object.entries(ERROR_CODES).filter(([, facts]) => 'http' in facts);
  test.each(answers)('is the thrown error itself for %s', (code) => {
    const thrown = new AppError(code as ErrorCode, 'says what is wrong');
    expect(toAnswerable(thrown)).toBe(thrown);
  });
});
