import {
  AppError,
  checkWebhookUrl,
  madeWebhookSchema,
  newWebhookSchema,
  toWebhookView,
  type Webhook,
  webhookChangesSchema,
  webhookViewSchema,
} from '@baton/core/internal';
import { z } from 'zod';
import type { AppDeps } from '../app-deps.ts';
import type { App } from '../app-type.ts';
import { named } from '../openapi/openapi-schema.ts';
import { failures, json } from '../openapi/responses.ts';
import { webhookParams } from './webhook-params.ts';

named.add(webhookViewSchema, { id: 'Webhook' });
named.add(madeWebhookSchema, { id: 'MadeWebhook' });
named.add(newWebhookSchema, { id: 'NewWebhook' });
named.add(webhookChangesSchema, { id: 'WebhookChanges' });

const webhookList = z.object({ webhooks: z.array(webhookViewSchema) });

type WebhookDeps = Pick<AppDeps, 'webhooks' | 'allowedAddresses'>;

/** Creates, reads, changes and removes webhooks. */
export function registerWebhooks(app: App, deps: WebhookDeps): void {
  registerCreate(app, deps);
  registerReads(app, deps);
  registerChange(app, deps);
  registerRemove(app, deps);
}

function registerCreate(app: App, { webhooks: { store }, allowedAddresses }: WebhookDeps): void {
  app.post(
    '/v1/webhooks',
    {
      schema: {
        operationId: 'createWebhook',
        summary: 'Create a webhook',
        description:
          'From now on, Baton sends a request to the webhook for every status change that it subscribes to. Requests are signed as Standard Webhooks defines. Only this answer shows the secret.',
        tags: ['webhooks'],
        body: newWebhookSchema,
        response: {
          201: json('The new webhook, with its secret.', madeWebhookSchema),
          ...failures(
            'INVALID_REQUEST',
            'WEBHOOK_URL_NOT_ALLOWED',
            'LIMIT_EXCEEDED',
            'UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      checkWebhookUrl(request.body.url, allowedAddresses);
      const webhook = await store.create(request.body);
      return reply
        .code(201)
        .header('location', `/v1/webhooks/${webhook.id}`)
        .send({ ...toWebhookView(webhook), secret: webhook.secret });
    },
  );
}

function registerReads(app: App, { webhooks: { store } }: WebhookDeps): void {
  app.get(
    '/v1/webhooks',
    {
      schema: {
        operationId: 'listWebhooks',
        summary: 'List webhooks, oldest first',
        tags: ['webhooks'],
        response: {
          200: json('All webhooks; there are at most 100.', webhookList),
          ...failures('UNAVAILABLE'),
        },
      },
    },
    async () => ({ webhooks: (await store.list()).map(toWebhookView) }),
  );

  app.get(
    '/v1/webhooks/:id',
    {
      schema: {
        operationId: 'getWebhook',
        summary: 'Read a webhook',
        tags: ['webhooks'],
        params: webhookParams,
        response: {
          200: json('The webhook in its current state.', webhookViewSchema),
          ...failures('INVALID_REQUEST', 'WEBHOOK_NOT_FOUND', 'UNAVAILABLE'),
        },
      },
    },
    async ({ params: { id } }) => toWebhookView(found(id, await store.get(id))),
  );
}

function registerChange(app: App, { webhooks: { store }, allowedAddresses }: WebhookDeps): void {
  app.patch(
    '/v1/webhooks/:id',
    {
      schema: {
        operationId: 'changeWebhook',
        summary: 'Change a webhook, or enable it again',
        tags: ['webhooks'],
        params: webhookParams,
        body: webhookChangesSchema,
        response: {
          200: json('The changed webhook.', webhookViewSchema),
          ...failures(
            'INVALID_REQUEST',
            'WEBHOOK_NOT_FOUND',
            'WEBHOOK_URL_NOT_ALLOWED',
            'UNAVAILABLE',
          ),
        },
      },
    },
    async ({ params: { id }, body }) => {
      if (body.url !== undefined) checkWebhookUrl(body.url, allowedAddresses);
      return toWebhookView(found(id, await store.change(id, body)));
    },
  );
}

function registerRemove(app: App, { webhooks: { store, deliveries } }: WebhookDeps): void {
  app.delete(
    '/v1/webhooks/:id',
    {
      schema: {
        operationId: 'deleteWebhook',
        summary: 'Remove a webhook and its deliveries',
        tags: ['webhooks'],
        params: webhookParams,
        response: {
          200: json('Removed: the webhook in its last state.', webhookViewSchema),
          ...failures('INVALID_REQUEST', 'WEBHOOK_NOT_FOUND', 'UNAVAILABLE'),
        },
      },
    },
    async ({ params: { id } }) => {
      const webhook = found(id, await store.get(id));
      await store.remove(id);
      await deliveries.removeByWebhook(id);
      return toWebhookView(webhook);
    },
  );
}

function found(id: string, webhook: Webhook | null): Webhook {
  if (webhook) return webhook;
  throw new AppError('WEBHOOK_NOT_FOUND', `no webhook ${id}`);
}
