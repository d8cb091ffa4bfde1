import { expect, test } from 'vitest';
import { createQueueProducer } from '../../../../packages/core/src/producer.ts';
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

test('a conversation key is refused by a producer, and the error names it', async () => {
  const producer = createQueueProducer({
    add: async () => {
      throw new Error('expected no job');
    },
  });
  const refusal = {
    code: 'CONVERSATION_KEY_NOT_SUPPORTED',
    details: { field: 'conversation_key' },
  };
  const options = given<object>({ conversation_key: 'k' });
  await expect(producer.launchSession({ query: 'q' }, options)).rejects.toMatchObject(refusal);
  const body = given<{ query: string }>({ query: 'q', conversation_key: 'k' });
  await expect(producer.launchSession(body)).rejects.toMatchObject(refusal);
  const parent_session_id = '019ab5c2-7d10-7a41-9c3e-5b8f0d2a6e11';
  const request = { query: 'q', parent_session_id };
  await expect(producer.continueSession(request, options)).rejects.toMatchObject(refusal);
});

test('a job with a conversation key is refused', () => {
  const options = given<object>({ conversation_key: 'k' });
  expect(() => parseLaunchJob({ query: 'q' }, options)).toThrow(refused('conversation_key'));
});
