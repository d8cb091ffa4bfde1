import { describe, expect, test } from 'vitest';
import { isLoopback, originOf } from '../../../../apps/api/src/auth/origin.ts';

describe('a request', () => {
  test.each([
    [{}, 'unknown'],
    [{ secFetchSite: 'same-origin' }, 'same'],
    [{ secFetchSite: 'same-site' }, 'other'],
    [{ secFetchSite: 'cross-site' }, 'other'],
    [{ secFetchSite: 'none' }, 'other'],
    [{ secFetchSite: ['same-origin', 'cross-site'] }, 'other'],
    [{ secFetchSite: 'cross-site', origin: 'http://localhost:3000' }, 'other'],
    [{ origin: 'http://localhost:3000' }, 'same'],
    [{ origin: 'http://localhost:4000' }, 'other'],
    [{ origin: 'https://baton.test', host: 'baton.test:443' }, 'same'],
    [{ origin: 'https://baton.test', host: 'baton.test:80' }, 'other'],
    [{ origin: 'http://localhost', host: '' }, 'other'],
    [{ origin: 'http://evil.test' }, 'other'],
    [{ origin: 'null' }, 'other'],
  ] as const)('with the headers %j has this origin: %s', (headers, where) => {
    const none = { origin: undefined, secFetchSite: undefined };
    const facts = { host: 'localhost:3000', ...none, ...headers };
    expect(originOf(facts as Parameters<typeof originOf>[0])).toBe(where);
  });
});

describe('isLoopback', () => {
  test.each(['localhost', 'LOCALHOST', '127.0.0.1', '127.8.8.8', '::1', '[::1]'])(
    'is true for %s',
    (name) => {
      expect(isLoopback(name)).toBe(true);
    },
  );

  test.each(['', '0.0.0.0', '::', '10.0.0.1', '127.evil.test', 'localhost.evil.test', '128.0.0.1'])(
    'is false for %s',
    (name) => {
      expect(isLoopback(name)).toBe(false);
    },
  );
});
