import {
  defined,
  newWebhookSchema,
  newWebhookSecret,
  parseInput,
  signWebhook,
} from '@baton/core/internal';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { wantsEvent } from '../../../../../packages/core/src/model/webhooks/webhook.ts';
import { deliveryId } from '../../../../../packages/core/src/model/webhooks/webhook-delivery.ts';

describe('a webhook signature', () => {
  const secret = newWebhookSecret();
  const body = '{"type":"session.completed","data":{"query":"größer"}}';
  const headers = signWebhook(secret, { id: 'one', at: new Date(), body });

  test('is accepted by the verifier of Standard Webhooks', () => {
    expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
    expect(secret).toMatch(/^whsec_/);
  });

  test.each([
    ['another body', { body: body.replace('completed', 'failed') }],
    ['another id', { headers: { ...headers, 'webhook-id': 'two' } }],
    ['another secret', { secret: newWebhookSecret() }],
    [
      'an old request',
      { headers: signWebhook(secret, { id: 'one', at: new Date(Date.now() - 3_600_000), body }) },
    ],
  ])('is refused for %s', (_what, changed) => {
    const sent = { secret, body, headers, ...changed };
    expect(() => new Webhook(sent.secret).verify(sent.body, sent.headers)).toThrow();
  });
});

describe('a webhook', () => {
  test.each([
    [{}, undefined, true],
    [{ types: ['session.completed'] }, undefined, true],
    [{ types: ['session.failed'] }, undefined, false],
    [{ tags: ['a', 'b'] }, ['b', 'c'], true],
    [{ tags: ['a'] }, ['b'], false],
    [{ tags: ['a'] }, undefined, false],
    [{ types: ['session.completed'], tags: ['a'] }, ['a'], true],
    [{ enabled: false }, undefined, false],
  ] as const)(
    'with %j gets the completion of a session tagged %j: %s',
    (fields, tags, received) => {
      const { types, tags: wanted, ...rest } = { types: undefined, tags: undefined, ...fields };
      const webhook = {
        enabled: true,
        ...rest,
        ...defined({
          types: types ? [...types] : undefined,
          tags: wanted ? [...wanted] : undefined,
        }),
      };
      expect(wantsEvent(webhook, 'session.completed', tags)).toBe(received);
    },
  );

  test.each([
    [{ url: 'ftp://example.com' }, 'url'],
    [{ url: 'https://user:pass@example.com' }, 'url'],
    [{ url: 'https://example.com/#part' }, 'url'],
    [{ url: 'not a url' }, 'url'],
    [{}, 'url'],
    [{ url: 'https://example.com', types: [] }, 'types'],
    [{ url: 'https://example.com', types: ['session.queued'] }, 'types.0'],
    [{ url: 'https://example.com', tags: [''] }, 'tags.0'],
    [{ url: 'https://example.com', secret: 'mine' }, 'secret'],
  ])('with %j is refused, and the error names %s', (value, field) => {
    expect(() => parseInput(newWebhookSchema, value)).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST', details: { field } }),
    );
  });
});

test('one event always has the same delivery id, and different events have different ids', () => {
  const event = {
    session_id: 's',
    session_created_at: new Date(1),
    type: 'session.started' as const,
    attempt: 1,
  };
  const ids = [
    deliveryId('w', event),
    deliveryId('v', event),
    deliveryId('w', { ...event, attempt: 2 }),
    deliveryId('w', { ...event, type: 'session.failed' }),
    deliveryId('w', { ...event, session_id: 't' }),
    deliveryId('w', { ...event, session_created_at: new Date(2) }),
    deliveryId('w', { ...event, message_id: 'm' }),
    deliveryId('w', { ...event, message_id: 'n' }),
  ];
  expect(new Set(ids).size).toBe(8);
  expect(deliveryId('w', { ...event })).toBe(ids[0]);
});
