import { describe, expect, test } from 'vitest';
import { readAnswer, retryAfterMs } from '../../../packages/client/src/answer.ts';

function read(status: number, text: string, headers: Record<string, string> = {}) {
  return () => readAnswer(new Response(null, { status, headers }), text, 2);
}

describe('a response', () => {
  test('is read as its status, its JSON and the number of tries', () => {
    expect(read(202, '{"id":"1"}')()).toEqual({ status: 202, body: { id: '1' }, attempts: 2 });
    expect(read(204, '')()).toEqual({ status: 204, body: null, attempts: 2 });
  });

  test('with an error is thrown as an error with all its fields', () => {
    const text = JSON.stringify({
      error: { code: 'LIMIT_EXCEEDED', message: 'too many', details: { limit: 3 } },
    });
    expect(read(429, text, { 'retry-after': '5' })).toThrow(
      expect.objectContaining({
        name: 'BatonError',
        code: 'LIMIT_EXCEEDED',
        message: 'too many',
        status: 429,
        details: { limit: 3 },
        retryAfterMs: 5_000,
        attempts: 2,
      }),
    );
  });

  test.each([
    [502, '<h1>Bad gateway</h1>'],
    [200, '<h1>Log in</h1>'],
    [200, '{"id": "1'],
    [302, ''],
    [404, '{"message": "no such route"}'],
    [500, '{"error": "oops"}'],
    [500, 'null'],
  ])('that does not come from Baton becomes a BAD_ANSWER error: %i %s', (status, text) => {
    expect(read(status, text)).toThrow(expect.objectContaining({ code: 'BAD_ANSWER', status }));
  });
});

describe('Retry-After', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');

  test.each([
    ['5', 5_000],
    ['0', 0],
    ['Thu, 01 Jan 2026 00:00:07 GMT', 7_000],
    ['Wed, 31 Dec 2025 23:59:00 GMT', 0],
    ['soon', undefined],
    [null, undefined],
  ])('of %s is read as %s ms', (header, ms) => {
    expect(retryAfterMs(header, now)).toBe(ms);
  });
});
