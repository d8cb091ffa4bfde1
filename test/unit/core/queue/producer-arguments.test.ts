import { expect, test } from 'vitest';
import {
  parseContinueJob,
  parseLaunchJob,
} from '../../../../packages/core/src/queue/job-builder.ts';

const refused = (field: string) =>
  expect.objectContaining({ code: 'INVALID_REQUEST', details: { field } });

// Callers in plain JavaScript may pass values that the types forbid.
const given = <T>(value: unknown) => value as T;

test.each([
  ['null options', null, 'options'],
  ['a list for options', [], 'options'],
  ['a number for options', 7, 'options'],
  ['an id that is null', { id: null }, 'id'],
  ['an idempotency key that is null', { idempotency_key: null }, 'idempotency_key'],
  ['a tenant that is not a string', { idempotency_key: 'k', tenant: 7 }, 'tenant'],
])('a launch with %s is refused', (_, options, field) => {
  expect(() => parseLaunchJob({ query: 'q' }, given(options))).toThrow(refused(field));
});

test.each([
  ['nothing', undefined],
  ['null', null],
  ['a string', 'text'],
  ['a list', []],
])('a continue whose request is %s is refused', (_, request) => {
  expect(() => parseContinueJob(given(request))).toThrow(refused('request'));
});

test('undefined options count as absent', () => {
  const options = { id: undefined, idempotency_key: undefined, tenant: undefined };
  expect(parseLaunchJob({ query: 'q' }, given(options)).id).toMatch(/^[0-9a-f-]{36}$/);
});
