import { describe, expect, test } from 'vitest';
import { BatonError, createClient } from '../../../packages/client/src/index.ts';
import { parseOptions } from '../../../packages/client/src/options.ts';

function refusal(run: () => unknown): BatonError {
  try {
    run();
  } catch (error) {
    if (error instanceof BatonError) return error;
  }
  throw new Error('expected a BatonError');
}

describe('a client', () => {
  test.each([
    ['http://127.0.0.1:3000', 'http://127.0.0.1:3000/'],
    ['https://baton.example/api', 'https://baton.example/api/'],
    [new URL('https://baton.example/api/'), 'https://baton.example/api/'],
  ])('with the base URL %s calls only URLs below that URL', (baseUrl, base) => {
    expect(parseOptions({ baseUrl }).base.href).toBe(base);
  });

  test.each([
    ['baseUrl', { baseUrl: '/v1' }],
    ['baseUrl', { baseUrl: 'ftp://baton.example' }],
    ['baseUrl', { baseUrl: 'https://baton.example/?tenant=a' }],
    ['baseUrl', { baseUrl: 'https://user:s3cret@baton.example' }],
    ['apiKey', { baseUrl: 'https://baton.example', apiKey: 's3cret\n' }],
    ['apiKey', { baseUrl: 'https://baton.example', apiKey: '' }],
    ['timeoutMs', { baseUrl: 'https://baton.example', timeoutMs: Number.NaN }],
    ['retries', { baseUrl: 'https://baton.example', retries: -1 }],
  ])('with an invalid %s cannot be created, and the error shows no secret', (field, options) => {
    const error = refusal(() => createClient(options));
    expect(error).toMatchObject({ code: 'INVALID_REQUEST', details: { field }, attempts: 0 });
    expect(`${error.message}${error.stack}`).not.toContain('s3cret');
  });

  test.each(['', '..', 'a/b', 'a?b'])('sends no request for the id %j', async (id) => {
    const client = createClient({
      baseUrl: 'https://baton.example',
      fetch: () => expect.unreachable('something was sent'),
    });
    await expect(client.get(id)).rejects.toMatchObject({ details: { field: 'id' } });
    await expect(client.schedules.delete(id)).rejects.toMatchObject({ details: { field: 'id' } });
  });

  test.each(['', 'ü', 'a\nb', 'x'.repeat(256)])(
    'sends no request with the idempotency key %j',
    async (key) => {
      const client = createClient({
        baseUrl: 'https://baton.example',
        fetch: () => expect.unreachable('something was sent'),
      });
      await expect(client.launch({ query: 'q' }, { idempotencyKey: key })).rejects.toMatchObject({
        details: { field: 'idempotencyKey' },
      });
    },
  );
});
