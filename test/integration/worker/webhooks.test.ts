// Deliveries to an endpoint on loopback, made by the part of a worker that makes them.
import type { ServerResponse } from 'node:http';
import {
  createLogger,
  type Info,
  newId,
  type OpenWebhooks,
  openWebhooks,
  openWorkerRedis,
  parseEnv,
  type Session,
  toInfo,
  type WebhookEvent,
} from '@baton/core';
import { Webhook } from 'standardwebhooks';
import { describe, expect, onTestFinished, vi } from 'vitest';
import { workerSettingsSchema } from '../../../apps/worker/src/config.ts';
import { openWorkerWebhooks } from '../../../apps/worker/src/webhooks/open.ts';
import { PLACES } from '../../../apps/worker/src/webhooks/places.ts';
import { makeSession } from '../../support/factories.ts';
import { openReceiver, type Received, type Receiver } from '../../support/receiver.ts';
import { redisUrl, uniqueName } from '../../support/services.ts';
import { waitFor } from '../../support/wait.ts';
import { test as base } from '../core/stores.ts';

const log = createLogger('worker', 'silent');

interface Scene extends OpenWebhooks {
  receiver: Receiver;
  logged: string[];
  /** Starts a process's deliveries. */
  deliver(env?: Record<string, string>): { close(): Promise<void> };
  /** A session in this state, and the delivery of an event of it, with its job. */
  happen(webhookId: string, type: WebhookEvent, fields?: Partial<Session>): Promise<Session>;
  /** The only delivery of a webhook once it looks like this. */
  until(webhookId: string, look: object): Promise<void>;
}

const test = base.extend<{ scene: Scene }>({
  scene: async ({ db, stores, databaseName }, use) => {
    const prefix = uniqueName('queue');
    const connection = redisUrl();
    const { clock, sessions } = stores;
    const hooks = openWebhooks({ db, clock, log, connection, prefix });
    const receiver = await openReceiver();
    const opened: { close(): Promise<void> }[] = [];
    const logged: string[] = [];
    await use({
      ...hooks,
      receiver,
      logged,
      deliver(env = {}) {
        const settings = parseEnv(workerSettingsSchema, {
          REDIS_URL: connection,
          MONGODB_URL: `mongodb://unused/${databaseName}`,
          QUEUE_PREFIX: prefix,
          WEBHOOK_ALLOWED_ADDRESSES: '127.0.0.1,::1',
          WEBHOOK_RETRY_FIRST_MS: '20',
          ...env,
        });
        const redis = openWorkerRedis(connection);
        const worker = openWorkerWebhooks(settings, {
          db,
          clock,
          sessions,
          connection: redis,
          log: createLogger('worker', 'info', { write: (line) => logged.push(line) }),
        });
        worker.start();
        let closing: Promise<void> | undefined;
        const close = () => (closing ??= worker.close().then(() => redis.disconnect()));
        opened.push({ close });
        return { close };
      },
      async happen(webhookId, type, fields = {}) {
        const session = await sessions.insertIfAbsent(makeSession(fields));
        const { id: session_id, created_at: session_created_at } = session;
        const event = { session_id, session_created_at, type, attempt: 1, at: new Date() };
        await hooks.queue.add(await hooks.deliveries.insertIfAbsent(webhookId, event));
        return session;
      },
      async until(webhookId, look) {
        await vi.waitFor(
          async () => {
            const { deliveries } = await hooks.deliveries.list(webhookId, { limit: 10 });
            expect(deliveries).toMatchObject([look]);
          },
          { timeout: 20_000 },
        );
      },
    });
    await receiver.close();
    for (const one of opened) await one.close();
    await hooks.close();
  },
});

function parse({ body }: Received): { type: string; timestamp: string; data: Info } {
  return JSON.parse(body);
}

describe('a delivery', () => {
  test('is signed so that a verifier that is not ours takes it, and carries the session’s Info', async ({
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
    await vi.waitFor(async () =>
      expect(await store.get(webhook.id)).toMatchObject({ last_delivered_at: expect.any(Date) }),
    );
  });

  test('that fails is tried again under the same id, signed anew, after growing pauses', async ({
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
    await vi.waitFor(async () =>
      expect(await store.get(webhook.id)).not.toHaveProperty('failures'),
    );
  });

  test('whose job is told twice is made once', async ({ scene }) => {
    const { receiver, store, deliveries, queue } = scene;
    const webhook = await store.create({ url: receiver.url });
    await scene.happen(webhook.id, 'session.completed');
    scene.deliver();
    await scene.until(webhook.id, { status: 'delivered' });
    const [delivery] = (await deliveries.list(webhook.id, { limit: 1 })).deliveries;
    if (!delivery) throw new Error('expected a delivery');
    await queue.restore(delivery);
    const last = await scene.happen(webhook.id, 'session.completed');
    await vi.waitFor(() =>
      expect(parse(receiver.received.at(-1) as Received).data.id).toBe(last.id),
    );
    expect(receiver.received).toHaveLength(2);
  });

  test('to a redirect fails there: nobody follows it', async ({ scene }) => {
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

  test('does not read an answer that never ends, nor wait for one that never comes', async ({
    scene,
  }) => {
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
    await vi.waitFor(() => expect(isGone).toBe(true));
    const silent = await store.create({ url: receiver.url });
    receiver.answer = () => {};
    await scene.happen(silent.id, 'session.completed');
    await scene.until(silent.id, {
      status: 'pending',
      tries: [{ error: 'no answer within 300 ms' }],
    });
  });

  test('to a deleted session, or a disabled webhook, fails and says why', async ({
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
    // Launched again under its id, which tells nothing of the one that ended.
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
    ['by its number', (port: string) => `http://127.0.0.1:${port}/`, '::1'],
    ['in the clothes of IPv6', (port: string) => `http://[::ffff:127.0.0.1]:${port}/`, '::1'],
    ['by the name that DNS has for it', (port: string) => `http://localhost:${port}/`, '10.0.0.1'],
    ['over plain http, though public', () => 'http://8.8.8.8/', '127.0.0.1'],
  ] as const)('%s is never connected to', async ([, urlOf, allowed], { scene }) => {
    const { receiver, store } = scene;
    const webhook = await store.create({ url: urlOf(new URL(receiver.url).port) });
    await scene.happen(webhook.id, 'session.completed');
    scene.deliver({ WEBHOOK_ALLOWED_ADDRESSES: allowed, WEBHOOK_RETRY_FIRST_MS: '60000' });
    await scene.until(webhook.id, {
      tries: [{ error: 'no request may go to the address that it has' }],
    });
    expect(receiver.received).toEqual([]);
  });

  test('is connected to by its name where the operator names it', async ({ scene }) => {
    const { receiver, store } = scene;
    const webhook = await store.create({ url: receiver.url.replace('127.0.0.1', 'localhost') });
    await scene.happen(webhook.id, 'session.completed');
    scene.deliver({ WEBHOOK_ALLOWED_ADDRESSES: '127.0.0.0/8' });
    await scene.until(webhook.id, { status: 'delivered' });
  });
});

describe('an endpoint', () => {
  test('that answers 410 is disabled at once, with the reason to be seen', async ({ scene }) => {
    const { receiver, store } = scene;
    const webhook = await store.create({ url: receiver.url });
    receiver.answer = (response) => response.writeHead(410).end();
    await scene.happen(webhook.id, 'session.completed');
    scene.deliver();
    await scene.until(webhook.id, { status: 'failed', tries: [{ status: 410 }] });
    await vi.waitFor(async () =>
      expect(await store.get(webhook.id)).toMatchObject({
        enabled: false,
        disabled: { code: 'gone', message: 'the endpoint answered 410: it is gone' },
      }),
    );
    await vi.waitFor(() => expect(scene.logged.join()).toContain('a webhook was disabled'));
  });

  test('that fails twenty times in a row is disabled where that lasted long enough, not before', async ({
    scene,
  }) => {
    const { receiver, store } = scene;
    const webhook = await store.create({ url: receiver.url });
    receiver.answer = (response) => response.writeHead(503).end();
    const worker = scene.deliver({
      WEBHOOK_RETRY_FIRST_MS: '60000',
      WEBHOOK_DISABLE_AFTER_MS: '3600000',
    });
    const count = async () => (await store.get(webhook.id))?.failures?.count;
    for (let n = 0; n < 25; n += 1) await scene.happen(webhook.id, 'session.started');
    await vi.waitFor(async () => expect(await count()).toBe(25), { timeout: 10_000 });
    expect(await store.get(webhook.id)).toMatchObject({ enabled: true });
    await worker.close();
    // It was good in between: the count begins again.
    await store.noteDelivered(webhook.id);
    scene.deliver({ WEBHOOK_RETRY_FIRST_MS: '60000', WEBHOOK_DISABLE_AFTER_MS: '0' });
    for (let n = 0; n < 19; n += 1) await scene.happen(webhook.id, 'session.started');
    await vi.waitFor(async () => expect(await count()).toBe(19), { timeout: 10_000 });
    expect(await store.get(webhook.id)).toMatchObject({ enabled: true });
    await scene.happen(webhook.id, 'session.started');
    await vi.waitFor(
      async () =>
        expect(await store.get(webhook.id)).toMatchObject({
          enabled: false,
          disabled: {
            code: 'failing',
            message: expect.stringMatching(/^20 tries in a row failed/),
          },
        }),
      { timeout: 10_000 },
    );
    const again = await store.change(webhook.id, { enabled: true });
    expect(again).toMatchObject({ enabled: true });
    expect(again).not.toHaveProperty('disabled');
    expect(again).not.toHaveProperty('failures');
  });
});

describe('an endpoint that hangs', () => {
  test('holds a few requests of a process at a time: another one is told meanwhile, and it is told in the end', async ({
    scene,
  }) => {
    const { receiver, store, deliveries } = scene;
    const quick = await openReceiver();
    onTestFinished(quick.close);
    const slow = await store.create({ url: receiver.url });
    const other = await store.create({ url: quick.url });
    const held: ServerResponse[] = [];
    receiver.answer = (response) => held.push(response);
    // More than a process makes at once, all of them before the other one's.
    for (let n = 0; n < 30; n += 1) await scene.happen(slow.id, 'session.completed');
    await scene.happen(other.id, 'session.completed');
    scene.deliver({ WEBHOOK_TIMEOUT_MS: '60000' });
    await quick.until(1);
    await scene.until(other.id, { status: 'delivered', tries: [{ status: 204 }] });
    expect(receiver.received).toHaveLength(PLACES);
    receiver.answer = (response) => response.writeHead(204).end();
    for (const response of held) response.writeHead(204).end();
    const told = async () =>
      (await deliveries.list(slow.id, { status: 'delivered', limit: 50 })).deliveries;
    await waitFor('all that was put off', async () => (await told()).length === 30, 50_000);
    // What was put off was no try of the endpoint's, and nothing was sent twice.
    expect((await told()).map(({ tries_made }) => tries_made)).toEqual(Array(30).fill(1));
    expect(receiver.received).toHaveLength(30);
  });

  test('is asked by one request at a time once it gave no answer, so that many such fit', async ({
    scene,
  }) => {
    const { receiver, store } = scene;
    const webhook = await store.create({ url: receiver.url });
    let open = 0;
    let most = 0;
    receiver.answer = (response) => {
      open += 1;
      // Those of the first seconds came before it was known.
      if (receiver.received.length > PLACES) most = Math.max(most, open);
      response.on('close', () => (open -= 1));
    };
    for (let n = 0; n < 12; n += 1) await scene.happen(webhook.id, 'session.completed');
    scene.deliver({ WEBHOOK_TIMEOUT_MS: '300', WEBHOOK_RETRY_FIRST_MS: '60000' });
    await receiver.until(PLACES + 4);
    expect(most).toBe(1);
  });
});

describe('a process that stops', () => {
  test('leaves soon although an endpoint does not answer, and another makes the delivery', async ({
    scene,
  }) => {
    const { receiver, store } = scene;
    const webhook = await store.create({ url: receiver.url });
    receiver.answer = () => {};
    await scene.happen(webhook.id, 'session.completed');
    const first = scene.deliver({ WEBHOOK_TIMEOUT_MS: '60000' });
    await receiver.until(1);
    const asked = performance.now();
    await first.close();
    expect(performance.now() - asked).toBeLessThan(4_000);
    receiver.answer = (response) => response.writeHead(204).end();
    scene.deliver();
    // What was cut off is no try of the endpoint's.
    await scene.until(webhook.id, { status: 'delivered', tries: [{ status: 204 }] });
    expect(receiver.received).toHaveLength(2);
  });
});

describe('a redelivery', () => {
  test('sends the same event under the same id, and makes what is under way of it void', async ({
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
    await vi.waitFor(() =>
      expect(parse(receiver.received.at(-1) as Received).data.id).toBe(last.id),
    );
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(ids.slice(0, 2)).toEqual([delivery?.id, delivery?.id]);
    expect(ids).toHaveLength(3);
  });
});
