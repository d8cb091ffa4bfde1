import { idOfKey, idSchema } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import { configHash } from '../../../../../packages/core/src/model/job/config-hash.ts';
import { checkSameRequest } from '../../../../../packages/core/src/model/job/idempotency.ts';
import { parseLaunchJob } from '../../../../../packages/core/src/queue/job-builder.ts';
import { makeSession } from '../../../../support/factories.ts';

describe('the session id made from an idempotency key', () => {
  test('never changes for one caller and key, in any version', () => {
    expect(idOfKey('default', 'order-1')).toBe('a997d59a-05dc-5c20-a316-05aa161f0cc3');
    expect(idSchema.parse(idOfKey('default', 'order-1'))).toBe(idOfKey('default', 'order-1'));
  });

  test.each([
    ['another key', 'default', 'order-2'],
    ['another caller', 'team-b', 'order-1'],
    ['the same characters split differently between caller and key', 'default"', ',"order-1'],
  ])('is different for %s', (_what, tenant, key) => {
    expect(idOfKey(tenant, key)).not.toBe(idOfKey('default', 'order-1'));
  });
});

describe('the job of a launch with an idempotency key', () => {
  test('has the id made from the key and does not contain the key', () => {
    const job = parseLaunchJob({ query: 'q' }, { idempotency_key: 'k', tenant: 't', title: 'T' });
    expect(job).toEqual({
      version: 1,
      kind: 'launch',
      id: idOfKey('t', 'k'),
      run_id: idOfKey('t', 'k'),
      created_at: expect.any(String),
      title: 'T',
      config: { query: 'q' },
    });
  });

  test.each([
    ['an empty key', { idempotency_key: '' }],
    ['a key of more than 255 characters', { idempotency_key: 'x'.repeat(256) }],
    ['a key that is not a string', { idempotency_key: 5 as never }],
    ['both a key and an id', { idempotency_key: 'k', id: idOfKey('t', 'k') }],
  ])('is refused with %s', (_what, options) => {
    expect(() => parseLaunchJob({ query: 'q' }, options)).toThrow(
      expect.objectContaining({
        code: 'INVALID_REQUEST',
        details: { field: 'idempotency_key' },
      }),
    );
  });
});

describe('a second request with the same idempotency key', () => {
  const first = parseLaunchJob({ query: 'q', env: { A: '1' } }, { delay_ms: 5, tags: ['a'] });
  const stored = makeSession({ config_hash: configHash(first) });

  test.each([
    [
      'is accepted if it is the same',
      { query: 'q', env: { A: '1' } },
      { delay_ms: 5, tags: ['a'] },
      true,
    ],
    [
      'is accepted with its keys in another order',
      { env: { A: '1' }, query: 'q' },
      { tags: ['a'], delay_ms: 5 },
      true,
    ],
    [
      'is accepted with one key more that is undefined',
      { query: 'q', env: { A: '1' } },
      { delay_ms: 5, tags: ['a'], title: undefined },
      true,
    ],
    [
      'is a conflict with another prompt',
      { query: 'r', env: { A: '1' } },
      { delay_ms: 5, tags: ['a'] },
      false,
    ],
    [
      'is a conflict with another secret',
      { query: 'q', env: { A: '2' } },
      { delay_ms: 5, tags: ['a'] },
      false,
    ],
    [
      'is a conflict with another option',
      { query: 'q', env: { A: '1' } },
      { delay_ms: 6, tags: ['a'] },
      false,
    ],
  ])('%s', (_what, config, options, isSame) => {
    const check = () => checkSameRequest(stored, parseLaunchJob(config, options));
    if (isSame) expect(check).not.toThrow();
    else expect(check).toThrow(expect.objectContaining({ code: 'IDEMPOTENCY_CONFLICT' }));
  });
});
