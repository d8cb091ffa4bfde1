import { idSchema } from '@baton/core/internal';
import { z } from 'zod';

/** The id of a webhook in the path. */
export const webhookParams = z.strictObject({ id: idSchema.describe('The id of a webhook.') });

/** The ids of a webhook and of one of its deliveries in the path. */
export const deliveryParams = webhookParams.extend({
  delivery_id: idSchema.describe('The id of a delivery.'),
});
