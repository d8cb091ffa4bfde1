// An endpoint on loopback, and the part of a worker that makes deliveries to it.
import {
  createLogger,
  createRedisWatch,
  createWebhookQueue,
  createWebhookServices,
  DEFAULT_KEPT,
  openWorkerRedis,
  parseEnv,
  type Session,
  type WebhookEvent,
  type WebhookServices,
} from '@baton/core/internal';
import { expect, vi } from 'vitest';
import { workerSettingsSchema } from '../../../../apps/worker/src/settings.ts';
import { openWorkerWebhooks } from '../../../../apps/worker/src/webhooks/open-worker-webhooks.ts';
import { makeSession } from '../../../support/factories.ts';
import { openReceiver, type Receiver } from '../../../support/receiver.ts';
import { redisUrl, uniqueName } from '../../../support/services.ts';
import { test as base } from '../../core/stores.ts';

const log = createLogger('worker', 'silent');

/** Webhooks, and an endpoint of this test. */
interface Scene extends WebhookServices {
  receiver: Receiver;
  logged: string[];
  /** Starts the deliveries of a worker. */
  deliver(env?: Record<string, string>): { close(): Promise<void> };
  /** Stores a session, and the delivery of one of its events with its job. */
  happen(webhookId: string, type: WebhookEvent, fields?: Partial<Session>): Promise<Session>;
  /** Resolves once the only delivery of a webhook matches `look`. */
  until(webhookId: string, look: object): Promise<void>;
}

/** `test` with webhooks, and the part of a worker that makes their deliveries. */
export const test = base.extend<{ scene: Scene }>({
  scene: async ({ stores, databaseName }, use) => {
    const prefix = uniqueName('queue');
    const connection = redisUrl();
    const { clock, sessions } = stores;
    const webhookQueue = createWebhookQueue({ connection, prefix });
    const hooks = createWebhookServices({ stores, queue: webhookQueue, clock, log });
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
        const log = createLogger('worker', 'info', { write: (line) => logged.push(line) });
        const worker = openWorkerWebhooks(settings, {
          webhooks: hooks,
          clock,
          sessions,
          connection: redis,
          kept: DEFAULT_KEPT,
          watch: createRedisWatch(async () => {}, log),
          log,
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
    await webhookQueue.close();
  },
});
