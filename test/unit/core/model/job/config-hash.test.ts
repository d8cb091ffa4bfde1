import { defined, newId } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import { configHash } from '../../../../../packages/core/src/model/job/config-hash.ts';
import { makeContinueJob, makeLaunchJob } from '../../../../support/factories.ts';

const job = makeLaunchJob({ config: { query: 'q', env: { A: '1', B: '2' } }, title: 'T' });

describe('the config hash', () => {
  test('is a SHA-256 hash in hex', () => {
    expect(configHash(job)).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each([
    ['another id', { ...job, id: newId() }],
    ['another run', { ...job, run_id: newId() }],
    ['another time', { ...job, created_at: '2026-01-02T03:04:05Z' }],
    ['another order of keys', { ...job, config: { env: { B: '2', A: '1' }, query: 'q' } }],
    ['an undefined key', { ...job, priority: undefined }],
  ])('is the same for a job with %s', (_, other) => {
    expect(configHash(other)).toBe(configHash(job));
  });

  test.each([
    ['another query', { ...job, config: { ...job.config, query: 'p' } }],
    ['another value inside', { ...job, config: { query: 'q', env: { A: '1', B: '3' } } }],
    ['another title', { ...job, title: 'S' }],
    ['one more option', { ...job, priority: 1 }],
    ['a list in another order', { ...job, tags: ['b', 'a'] }],
  ])('differs for a job with %s', (_, other) => {
    const base = { ...job, ...defined({ tags: 'tags' in other ? ['a', 'b'] : undefined }) };
    expect(configHash(other)).not.toBe(configHash(base));
  });

  test('differs for a cleared key and an absent key', () => {
    const next = makeContinueJob(newId());
    expect(configHash({ ...next, overrides: { query: 'go on', model: null } })).not.toBe(
      configHash(next),
    );
  });
});
