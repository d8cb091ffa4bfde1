// A fleet, an API and an endpoint that receives the events of sessions.
import { join } from 'node:path';
import { type Info, newId, parseRange } from '@baton/core/internal';
import { Webhook } from 'standardwebhooks';
import { describe, expect, onTestFinished } from 'vitest';
import { fakePrompt } from '../../../fake-claude/install.ts';
import { type Api, openApi } from '../../../support/api.ts';
import { test as base, type Fleet } from '../../../support/fleet.ts';
import { openReceiver, type Receiver } from '../../../support/receiver.ts';
import { waitFor } from '../../../support/wait.ts';

interface Scene {
  fleet: Fleet;
  api: Api;
  receiver: Receiver;
  /** The types of a session's events in order of time, once an event of type `last` has arrived. */
  received(id: string, last: string): Promise<string[]>;
}

const test = base.extend<{ $file: { scene: Scene } }>({
  scene: [
    async ({ fleet }, use) => {
      const [loopback] = [parseRange('127.0.0.1')].filter((range) => range !== null);
      const api = await openApi({
        redis: fleet.env['REDIS_URL'] ?? '',
        mongodb: fleet.env['MONGODB_URL'] ?? '',
        prefix: fleet.env['QUEUE_PREFIX'] ?? '',
        allowedAddresses: loopback ? [loopback] : [],
      });
      const receiver = await openReceiver();
      const payload = { url: receiver.url };
      const made = await api.app.inject({ method: 'POST', url: '/v1/webhooks', payload });
      const webhook = new Webhook(made.json().secret);
      const worker = { WEBHOOK_ALLOWED_ADDRESSES: '127.0.0.1', RETRY_FIRST_MS: '50' };
      await fleet.worker(worker);
      await use({
        fleet,
        api,
        receiver,
        received(id, last) {
          const look = () => {
            const events = receiver.received
              .map(({ body, headers }) => webhook.verify(body, headers) as Received)
              .filter(({ data }) => data.id === id)
              .sort((a, b) => a.timestamp.localeCompare(b.timestamp));
            return events.some(({ type }) => type === last) && events.map(({ type }) => type);
          };
          return waitFor(`${last} of session ${id}`, look);
        },
      });
      await receiver.close();
      await api.close();
    },
    { scope: 'file' },
  ],
});

interface Received {
  type: string;
  timestamp: string;
  data: Info;
}

describe('an endpoint receives', () => {
  test('the start and the completion of a session', async ({ scene }) => {
    const id = await scene.fleet.play([{ say: 'hello' }]);
    expect(await scene.received(id, 'session.completed')).toEqual([
      'session.started',
      'session.completed',
    ]);
    // The outbox entry is removed after the delivery is stored.
    await waitFor('an empty outbox', async () => {
      const sessions = scene.fleet.db.collection<{ _id: string; webhooks_due?: object[] }>(
        'sessions',
      );
      const found = await sessions.findOne({ _id: id });
      return found?.webhooks_due?.length === 0;
    });
  });

  test('the retry and the failure of a session', async ({ scene }) => {
    const { fleet } = scene;
    const FAKE_CLAUDE_SCRIPT = JSON.stringify([
      {
        once: join(fleet.root, newId()),
        steps: [{ api_error: 529 }],
        else: [{ api_error: 400 }],
      },
    ]);
    const id = await fleet.launch({ query: 'try it', env: { FAKE_CLAUDE_SCRIPT } });
    expect(await scene.received(id, 'session.failed')).toEqual([
      'session.started',
      'session.retried',
      'session.started',
      'session.failed',
    ]);
  });

  test('the cancel of a delayed session and of a running session', async ({ scene }) => {
    const { fleet, api } = scene;
    const cancel = (id: string) =>
      api.app.inject({ method: 'POST', url: `/v1/sessions/${id}/cancel` });
    const queued = await api.app.inject({
      method: 'POST',
      url: '/v1/sessions',
      payload: { query: fakePrompt([{ say: 'no' }]), delay_ms: 3_600_000 },
    });
    await cancel(queued.json().id);
    expect(await scene.received(queued.json().id, 'session.cancelled')).toEqual([
      'session.cancelled',
    ]);
    const id = await fleet.play([{ say: 'one' }, { hang: true }]);
    await fleet.until(id, 'running', ({ status }) => status === 'running');
    await cancel(id);
    expect(await scene.received(id, 'session.cancelled')).toEqual([
      'session.started',
      'session.cancelled',
    ]);
  });

  test('the failure of a job that does not parse', async ({ scene }) => {
    const id = newId();
    await scene.fleet.queue.add('launch', { id, kind: 'nonsense' }, { jobId: id });
    expect(await scene.received(id, 'session.failed')).toEqual(['session.failed']);
  });

  test('the end of a session from another worker after the first was killed', async ({ scene }) => {
    const { fleet } = scene;
    const sibling = fleet.sibling();
    const api = await openApi({
      redis: sibling.env['REDIS_URL'] ?? '',
      mongodb: sibling.env['MONGODB_URL'] ?? '',
      prefix: sibling.env['QUEUE_PREFIX'] ?? '',
    });
    await api.webhooks.store.create({ url: scene.receiver.url });
    const settings = { WEBHOOK_ALLOWED_ADDRESSES: '127.0.0.1' };
    const first = await sibling.worker(settings);
    const id = await sibling.play([{ say: 'one' }, { hang: true }], {
      recovery: { max_crashes: 0 },
    });
    await sibling.until(id, 'running', ({ status }) => status === 'running');
    await first.kill();
    await sibling.worker(settings);
    const types = () =>
      scene.receiver.received
        .map(({ body }) => JSON.parse(body) as Received)
        .filter(({ data }) => data.id === id)
        .map(({ type }) => type);
    await waitFor('the end', () => types().includes('session.failed'), 25_000);
    expect(types().filter((type) => type === 'session.failed')).toHaveLength(1);
    await api.close();
  });

  test('an event again under the same id if the sending worker was killed', async ({ scene }) => {
    const sibling = scene.fleet.sibling();
    const api = await openApi({
      redis: sibling.env['REDIS_URL'] ?? '',
      mongodb: sibling.env['MONGODB_URL'] ?? '',
      prefix: sibling.env['QUEUE_PREFIX'] ?? '',
    });
    onTestFinished(api.close);
    const holding = await openReceiver();
    onTestFinished(holding.close);
    holding.answer = () => {};
    const { store, deliveries } = api.webhooks;
    const { id } = await store.create({ url: holding.url, types: ['session.completed'] });
    const settings = { WEBHOOK_ALLOWED_ADDRESSES: '127.0.0.1', WEBHOOK_TIMEOUT_MS: '60000' };
    const first = await sibling.worker(settings);
    const session = await sibling.play([{ say: 'hello' }]);
    const [cut] = await holding.until(1);
    await first.kill();
    holding.answer = (response) => response.writeHead(204).end();
    await sibling.worker(settings);
    const [, again] = await holding.until(2, 40_000);
    expect(again?.headers['webhook-id']).toBe(cut?.headers['webhook-id']);
    expect(again?.body).toBe(cut?.body);
    const log = await waitFor('the log of the delivery', async () => {
      const { deliveries: found } = await deliveries.list(id, { limit: 10 });
      return found.some(({ status }) => status === 'delivered') && found;
    });
    // The request that the killed worker made is not recorded as a try.
    expect(log).toMatchObject([
      {
        id: cut?.headers['webhook-id'],
        session_id: session,
        type: 'session.completed',
        status: 'delivered',
        tries_made: 1,
        tries: [{ status: 204 }],
      },
    ]);
    expect(holding.received).toHaveLength(2);
  }, 60_000);
});
