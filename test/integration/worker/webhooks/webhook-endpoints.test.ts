// Endpoints that are gone, that keep failing, or that hang.
import type { ServerResponse } from 'node:http';
import { describe, expect, onTestFinished, vi } from 'vitest';
import { SLOTS } from '../../../../apps/worker/src/webhooks/endpoint-slots.ts';
import { openReceiver } from '../../../support/receiver.ts';
import { untilPasses, waitFor } from '../../../support/wait.ts';
import { test } from './webhook-scene.ts';

describe('an endpoint', () => {
  test('that answers 410 is disabled at once, and its webhook shows the reason', async ({
    scene,
  }) => {
    const { receiver, store } = scene;
    const webhook = await store.create({ url: receiver.url });
    receiver.answer = (response) => response.writeHead(410).end();
    await scene.happen(webhook.id, 'session.completed');
    scene.deliver();
    await scene.until(webhook.id, { status: 'failed', tries: [{ status: 410 }] });
    await untilPasses(async () =>
      expect(await store.get(webhook.id)).toMatchObject({
        enabled: false,
        disabled: { code: 'gone', message: 'the endpoint answered 410: it is gone' },
      }),
    );
    await untilPasses(() => expect(scene.logged.join()).toContain('a webhook was disabled'));
  });

  test('that fails twenty times in a row is disabled once it has failed for long enough', async ({
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
    // A success in between resets the count.
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
  test('takes up only a few slots, does not delay another endpoint, and gets its events once it answers', async ({
    scene,
  }) => {
    const { receiver, store, deliveries } = scene;
    const quick = await openReceiver();
    onTestFinished(quick.close);
    const slow = await store.create({ url: receiver.url });
    const other = await store.create({ url: quick.url });
    const held: ServerResponse[] = [];
    receiver.answer = (response) => held.push(response);
    // More requests than a process makes at once, all queued before the request to the other
    // endpoint.
    for (let n = 0; n < 30; n += 1) await scene.happen(slow.id, 'session.completed');
    await scene.happen(other.id, 'session.completed');
    scene.deliver({ WEBHOOK_TIMEOUT_MS: '60000' });
    await quick.until(1);
    await scene.until(other.id, { status: 'delivered', tries: [{ status: 204 }] });
    expect(receiver.received).toHaveLength(SLOTS);
    receiver.answer = (response) => response.writeHead(204).end();
    for (const response of held) response.writeHead(204).end();
    const received = async () =>
      (await deliveries.list(slow.id, { status: 'delivered', limit: 50 })).deliveries;
    await waitFor('all postponed deliveries', async () => (await received()).length === 30, 50_000);
    // A postponed delivery does not count as a try, and nothing was sent twice.
    expect((await received()).map(({ tries_made }) => tries_made)).toEqual(Array(30).fill(1));
    expect(receiver.received).toHaveLength(30);
  });

  test('gets one request at a time after a timeout', async ({ scene }) => {
    const { receiver, store } = scene;
    const webhook = await store.create({ url: receiver.url });
    let open = 0;
    let most = 0;
    receiver.answer = (response) => {
      open += 1;
      // The first requests were made before the process knew that the endpoint hangs.
      if (receiver.received.length > SLOTS) most = Math.max(most, open);
      response.on('close', () => (open -= 1));
    };
    for (let n = 0; n < 12; n += 1) await scene.happen(webhook.id, 'session.completed');
    scene.deliver({ WEBHOOK_TIMEOUT_MS: '300', WEBHOOK_RETRY_FIRST_MS: '60000' });
    await receiver.until(SLOTS + 4);
    expect(most).toBe(1);
  });
});
