// The webhook part of a worker makes deliveries to an endpoint on loopback.
import { type Info, newId, toInfo } from '@baton/core/internal';
import { Webhook } from 'standardwebhooks';
import { describe, expect, onTestFinished } from 'vitest';
import { makeSession } from '../../../support/factories.ts';
import { openReceiver, type Received } from '../../../support/receiver.ts';
import { untilPasses } from '../../../support/wait.ts';
import { test } from './webhook-scene.ts';

function parse({ body }: Received): { type: string; timestamp: string; data: Info } {
  return JSON.parse(body);
}

describe('a delivery', () => {
  test('carries the session’s Info, and an independent library verifies its signature', async ({
    scene,
  }) => {
    const { receiver, store } = scene;
    const webhook = await store.create({ url: `${receiver.url}?from=baton` });
    const session = await scene.happen(webhook.id, 'session.completed', {
      status: 'completed',
      title: 'größer',
      config: { query: 'hi', env: { TOKEN: 's3cret-value' } },
    });
    scene.deliver();
    const [request] = await receiver.until(1);
    if (!request) throw new Error('expected a request');
    new Webhook(webhook.secret).verify(request.body, request.headers);
    expect(request.path).toBe('/hook?from=baton');
    expect(request.headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'Baton-Webhooks/1',
    });
    await scene.until(webhook.id, {
      id: request.headers['webhook-id'],
      status: 'delivered',
      tries: [{ status: 204 }],
    });
    expect(parse(request)).toEqual({
      type: 'session.completed',
      timestamp: expect.stringMatching(/Z$/),
      data: toInfo(session),
    });
    expect(request.body).not.toContain('s3cret');
    await untilPasses(async () =>
      expect(await store.get(webhook.id)).toMatchObject({ last_delivered_at: expect.any(Date) }),
    );
  });

  test('of a message names the message and its session, and not the content', async ({
    scene,
    stores,
  }) => {
    const { receiver, store, dispatch } = scene;
    await store.create({ url: receiver.url, types: ['message.undelivered'] });
    const { id } = await stores.sessions.insertIfAbsent(makeSession());
    const [message_id, content] = [newId(), 'the content of the message'];
    const message = { id: message_id, session_id: id, root_session_id: id, content };
    await stores.messages.insertIfAbsent({ ...message, priority: 'next' });
    await stores.messageAcceptance.accept(id, { id: message_id, bytes: content.length });
    await stores.stopRequests.requestCancel(id);
    dispatch.notify(id);
    scene.deliver();
    const [request] = await receiver.until(1);
    if (!request) throw new Error('expected a request');
    expect(parse(request)).toMatchObject({
      type: 'message.undelivered',
      message_id,
      data: { id, status: 'cancelled', undelivered_messages: [message_id] },
    });
    expect(request.body).not.toContain(content);
  });

  test('that fails is retried under the same id with a new signature, after growing pauses', async ({
    scene,
  }) => {
    const { receiver, store } = scene;
    const webhook = await store.create({ url: receiver.url });
    receiver.answer = (response) =>
      response.writeHead(receiver.received.length < 4 ? 500 : 200).end('thanks');
    await scene.happen(webhook.id, 'session.started');
    scene.deliver();
    const received = await receiver.until(4);
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    for (const { body, headers } of received) new Webhook(webhook.secret).verify(body, headers);
    const pauses = received.slice(1).map(({ at }, index) => at - (received[index]?.at ?? 0));
    expect(pauses[0]).toBeGreaterThanOrEqual(19);
    expect(pauses[1]).toBeGreaterThanOrEqual(79);
    expect(pauses[2]).toBeGreaterThanOrEqual(319);
    await scene.until(webhook.id, {
      status: 'delivered',
      tries: [
        { status: 500, error: 'status 500' },
        { status: 500 },
        { status: 500 },
        { status: 200 },
      ],
    });
    await untilPasses(async () =>
      expect(await store.get(webhook.id)).not.toHaveProperty('failures'),
    );
  });

  test('is sent only once if its job is added twice', async ({ scene }) => {
    const { receiver, store, deliveries, queue } = scene;
    const webhook = await store.create({ url: receiver.url });
    await scene.happen(webhook.id, 'session.completed');
    scene.deliver();
    await scene.until(webhook.id, { status: 'delivered' });
    const [delivery] = (await deliveries.list(webhook.id, { limit: 1 })).deliveries;
    if (!delivery) throw new Error('expected a delivery');
    await queue.restore(delivery);
    const last = await scene.happen(webhook.id, 'session.completed');
    await untilPasses(() =>
      expect(parse(receiver.received.at(-1) as Received).data.id).toBe(last.id),
    );
    expect(receiver.received).toHaveLength(2);
  });

  test('to an endpoint that redirects fails, and the redirect is not followed', async ({
    scene,
  }) => {
    const { receiver, store } = scene;
    const webhook = await store.create({ url: receiver.url });
    const elsewhere = await openReceiver();
    onTestFinished(elsewhere.close);
    receiver.answer = (response) => response.writeHead(307, { location: elsewhere.url }).end();
    await scene.happen(webhook.id, 'session.completed');
    scene.deliver({ WEBHOOK_RETRY_FIRST_MS: '60000' });
    await scene.until(webhook.id, {
      status: 'pending',
      tries: [{ status: 307, error: 'status 307; redirects are not followed' }],
      next_try_at: expect.any(Date),
    });
    expect(elsewhere.received).toEqual([]);
  });

  test('does not read an endless answer, and times out without an answer', async ({ scene }) => {
    const { receiver, store } = scene;
    const endless = await store.create({ url: receiver.url });
    let isGone = false;
    receiver.answer = (response) => {
      const timer = setInterval(() => response.write('x'.repeat(4096)), 1);
      response.on('close', () => {
        isGone = true;
        clearInterval(timer);
      });
    };
    await scene.happen(endless.id, 'session.completed');
    scene.deliver({ WEBHOOK_TIMEOUT_MS: '300', WEBHOOK_RETRY_FIRST_MS: '60000' });
    await scene.until(endless.id, { status: 'delivered', tries: [{ status: 200 }] });
    await untilPasses(() => expect(isGone).toBe(true));
    const silent = await store.create({ url: receiver.url });
    receiver.answer = () => {};
    await scene.happen(silent.id, 'session.completed');
    await scene.until(silent.id, {
      status: 'pending',
      tries: [{ error: 'no answer within 300 ms' }],
    });
  });

  test('of a deleted session or a disabled webhook fails with the reason', async ({
    scene,
    stores,
    db,
  }) => {
    const { receiver, store } = scene;
    const [one, two, three] = [
      await store.create({ url: receiver.url }),
      await store.create({ url: receiver.url }),
      await store.create({ url: receiver.url }),
    ];
    const { id } = await scene.happen(one.id, 'session.completed');
    const again = await scene.happen(three.id, 'session.completed');
    await db.collection<{ _id: string }>('sessions').deleteMany({ _id: { $in: [id, again.id] } });
    // A new session gets the id of the deleted session. The new session's state must not be sent
    // for the old event.
    const created_at = new Date(again.created_at.getTime() + 1);
    await stores.sessions.insertIfAbsent({ ...again, created_at });
    await scene.happen(two.id, 'session.completed');
    await store.change(two.id, { enabled: false });
    scene.deliver();
    for (const webhook of [one, three]) {
      const error = 'the session was deleted';
      await scene.until(webhook.id, { status: 'failed', error, tries: [] });
    }
    await scene.until(two.id, { status: 'failed', error: 'the webhook is disabled', tries: [] });
    expect(receiver.received).toEqual([]);
  });
});

describe('an address that is not allowed', () => {
  test.for([
    ['given by its number', (port: string) => `http://127.0.0.1:${port}/`, '::1'],
    [
      'given as an IPv4-mapped IPv6 address',
      (port: string) => `http://[::ffff:127.0.0.1]:${port}/`,
      '::1',
    ],
    ['given by a DNS name', (port: string) => `http://localhost:${port}/`, '10.0.0.1'],
    ['that is public but uses plain http', () => 'http://8.8.8.8/', '127.0.0.1'],
  ] as const)('%s gets no connection', async ([, urlOf, allowed], { scene }) => {
    const { receiver, store } = scene;
    const webhook = await store.create({ url: urlOf(new URL(receiver.url).port) });
    await scene.happen(webhook.id, 'session.completed');
    scene.deliver({ WEBHOOK_ALLOWED_ADDRESSES: allowed, WEBHOOK_RETRY_FIRST_MS: '60000' });
    await scene.until(webhook.id, {
      tries: [{ error: 'the address of the endpoint is not allowed' }],
    });
    expect(receiver.received).toEqual([]);
  });

  test('gets a connection by its name once the operator allows its range', async ({ scene }) => {
    const { receiver, store } = scene;
    const webhook = await store.create({ url: receiver.url.replace('127.0.0.1', 'localhost') });
    await scene.happen(webhook.id, 'session.completed');
    scene.deliver({ WEBHOOK_ALLOWED_ADDRESSES: '127.0.0.0/8' });
    await scene.until(webhook.id, { status: 'delivered' });
  });
});

describe('a worker process that shuts down', () => {
  test('ends even if an endpoint does not answer, and another process makes the delivery', async ({
    scene,
  }) => {
    const { receiver, store } = scene;
    const webhook = await store.create({ url: receiver.url });
    const cut = Promise.withResolvers<void>();
    receiver.answer = (response) => response.once('close', cut.resolve);
    await scene.happen(webhook.id, 'session.completed');
    const first = scene.deliver({ WEBHOOK_TIMEOUT_MS: '60000' });
    await receiver.until(1);
    await first.close();
    // The close cut the request off: a request that fails by its own timeout is recorded as a try.
    await cut.promise;
    receiver.answer = (response) => response.writeHead(204).end();
    scene.deliver();
    await scene.until(webhook.id, { status: 'delivered', tries: [{ status: 204 }] });
    expect(receiver.received).toHaveLength(2);
  });
});

describe('a redelivery', () => {
  test('sends the same event under the same id, and cancels the pending retry', async ({
    scene,
  }) => {
    const { receiver, store, deliveries, queue } = scene;
    const webhook = await store.create({ url: receiver.url });
    receiver.answer = (response) => response.writeHead(500).end();
    await scene.happen(webhook.id, 'session.failed', { id: newId(), status: 'failed' });
    scene.deliver({ WEBHOOK_RETRY_FIRST_MS: '700' });
    await scene.until(webhook.id, { status: 'pending', tries: [{ status: 500 }] });
    receiver.answer = (response) => response.writeHead(200).end();
    const [delivery] = (await deliveries.list(webhook.id, { limit: 1 })).deliveries;
    const renewed = await deliveries.renew(delivery?.id ?? '');
    if (renewed) await queue.add(renewed);
    await scene.until(webhook.id, {
      status: 'delivered',
      tries: [{ status: 500 }, { status: 200 }],
    });
    const last = await scene.happen(webhook.id, 'session.completed');
    await untilPasses(() =>
      expect(parse(receiver.received.at(-1) as Received).data.id).toBe(last.id),
    );
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(ids.slice(0, 2)).toEqual([delivery?.id, delivery?.id]);
    expect(ids).toHaveLength(3);
  });
});
