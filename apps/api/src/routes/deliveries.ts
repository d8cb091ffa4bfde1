import { AppError, deliveryViewSchema, toDeliveryView } from '@baton/core/internal';
import { z } from 'zod';
import type { AppDeps } from '../app-deps.ts';
import type { App } from '../app-type.ts';
import { named } from '../openapi/openapi-schema.ts';
import { cursor, failures, json, limit } from '../openapi/responses.ts';
import { deliveryParams, webhookParams } from './webhook-params.ts';

named.add(deliveryViewSchema, { id: 'Delivery' });

const deliveryPage = z.object({
  deliveries: z.array(deliveryViewSchema),
  next_cursor: z.string().optional().describe('Absent on the last page.'),
});

/** Reads the deliveries of a webhook, and sends a delivery again. */
export function registerDeliveries(
  app: App,
  { webhooks: { store, deliveries, queue } }: Pick<AppDeps, 'webhooks'>,
): void {
  async function find(id: string) {
    const webhook = await store.get(id);
    if (!webhook) throw new AppError('WEBHOOK_NOT_FOUND', `no webhook ${id}`);
    return webhook;
  }

  app.get(
    '/v1/webhooks/:id/deliveries',
    {
      schema: {
        operationId: 'listDeliveries',
        summary: 'List the deliveries of a webhook, newest first',
        description: 'Baton removes deliveries that are older than WEBHOOK_LOG_DAYS.',
        tags: ['webhooks'],
        params: webhookParams,
        querystring: z.strictObject({
          status: deliveryViewSchema.shape.status.exactOptional(),
          limit: limit(50, 200),
          cursor,
        }),
        response: {
          200: json('A page of deliveries.', deliveryPage),
          ...failures('INVALID_REQUEST', 'WEBHOOK_NOT_FOUND', 'UNAVAILABLE'),
        },
      },
    },
    async ({ params: { id }, query }) => {
      await find(id);
      const page = await deliveries.list(id, query);
      return { ...page, deliveries: page.deliveries.map(toDeliveryView) };
    },
  );

  app.post(
    '/v1/webhooks/:id/deliveries/:delivery_id/redeliver',
    {
      schema: {
        operationId: 'redeliver',
        summary: 'Send a delivery again',
        description:
          'Sends the same event with the same webhook-id at once, whether the delivery had succeeded, failed or not ended. All retries are available again.',
        tags: ['webhooks'],
        params: deliveryParams,
        response: {
          202: json('Accepted: Baton sends it at once.', deliveryViewSchema),
          ...failures(
            'INVALID_REQUEST',
            'WEBHOOK_NOT_FOUND',
            'DELIVERY_NOT_FOUND',
            'WEBHOOK_DISABLED',
            'UNAVAILABLE',
          ),
        },
      },
    },
    async ({ params: { id, delivery_id } }, reply) => {
      const webhook = await find(id);
      if (!webhook.enabled) {
        throw new AppError('WEBHOOK_DISABLED', `webhook ${id} is disabled: enable it first`);
      }
      const delivery = await deliveries.get(delivery_id);
      const renewed = delivery?.webhook_id === id ? await deliveries.renew(delivery_id) : null;
      if (!renewed) {
        throw new AppError('DELIVERY_NOT_FOUND', `webhook ${id} has no delivery ${delivery_id}`);
      }
      // If this process dies before the job is added, the sweep finds the delivery overdue and adds
      // the job.
      await queue.add(renewed);
      return reply.code(202).send(toDeliveryView(renewed));
    },
  );
}
