import type { Db } from 'mongodb';
import { z } from 'zod';
import { defined } from '../model/schema/defined.ts';
import {
  type Delivery,
  type DeliveryTry,
  deliveryId,
  type SessionEvent,
  TRIES_KEPT,
} from '../model/webhooks/webhook-delivery.ts';
import type { StoreClock } from './clock.ts';
import { isDuplicateKey } from './duplicate-key.ts';
import { findNewestFirst } from './pages-by-time.ts';
import { createListReader, type ListOptions, readDocument } from './read-document.ts';

/** The outcome of one try to send a delivery. */
export type TryOutcome =
  | { kind: 'delivered' }
  | { kind: 'retry'; at: Date }
  | { kind: 'failed'; error: string };

/** A page of a webhook's deliveries, newest first. */
export interface DeliveryPage {
  deliveries: Delivery[];
  next_cursor?: string;
}

/** The log of deliveries. A pending delivery still has to be sent. */
export interface DeliveryStore {
  /**
   * Creates the delivery of an event to a webhook if there is none. Returns the stored delivery.
   */
  insertIfAbsent(webhookId: string, event: SessionEvent): Promise<Delivery>;
  /** Returns the delivery, or null. Throws INTERNAL if its document cannot be read. */
  get(id: string): Promise<Delivery | null>;
  /**
   * Returns a page of a webhook's deliveries. Leaves out documents that cannot be read. Throws
   * INVALID_REQUEST if the cursor is not from this list.
   */
  list(
    webhookId: string,
    page: { status?: Delivery['status']; limit: number; cursor?: string },
  ): Promise<DeliveryPage>;
  /**
   * Stores the outcome of the try `made`. Without `made`, stores why the delivery could not be
   * tried.
   */
  record(
    delivery: Pick<Delivery, 'id' | 'round'>,
    outcome: TryOutcome,
    made?: DeliveryTry,
  ): Promise<void>;
  /**
   * Makes a delivery pending again, in a new round of tries that begins now. Returns null if there
   * is no such delivery.
   */
  renew(id: string): Promise<Delivery | null>;
  /**
   * Returns the pending deliveries with `from <= next_try_at < time`, the longest overdue first.
   */
  overdue(time: Date, limit: number, from: Date): Promise<Delivery[]>;
  /** Removes the deliveries of a webhook. */
  removeByWebhook(webhookId: string): Promise<void>;
  /** Removes the deliveries that were created before `time`. Returns how many it removed. */
  removeOlderThan(time: Date): Promise<number>;
}

const COLLECTION = 'webhook_deliveries';

type DeliveryDocument = Omit<Delivery, 'id'> & { _id: string };

const deliveryForm = z.looseObject({
  _id: z.string(),
  webhook_id: z.string(),
  session_id: z.string(),
  message_id: z.string().optional(),
  type: z.string(),
  status: z.string(),
  round: z.number(),
  at: z.date(),
  tries: z.array(z.looseObject({ at: z.date() })),
  tries_made: z.number(),
  next_try_at: z.date().optional(),
  created_at: z.date(),
});

/** Creates the delivery store of a database. */
export function createDeliveryStore(
  db: Db,
  clock: StoreClock,
  options: ListOptions = {},
): DeliveryStore {
  const collection = db.collection<DeliveryDocument>(COLLECTION);
  const readList = createListReader(COLLECTION, decode, options);

  async function get(id: string): Promise<Delivery | null> {
    const document = await collection.findOne({ _id: id });
    return document && decode(document);
  }

  return {
    get,
    async insertIfAbsent(webhook_id, event) {
      const id = deliveryId(webhook_id, event);
      const known = await get(id);
      if (known) return known;
      const fields = newDelivery(webhook_id, event, await clock.now());
      try {
        const made = { $setOnInsert: fields };
        const { upsertedCount } = await collection.updateOne({ _id: id }, made, { upsert: true });
        if (upsertedCount > 0) return { id, ...fields };
      } catch (error) {
        // Another process inserted this delivery at the same moment.
        if (!isDuplicateKey(error)) throw error;
      }
      return (await get(id)) ?? { id, ...fields };
    },
    async list(webhook_id, { status, limit, cursor }) {
      const filter = { webhook_id, ...defined({ status }) };
      const { documents, ...next } = await findNewestFirst(collection, filter, { limit, cursor });
      return { deliveries: readList(documents), ...next };
    },
    async record({ id, round }, outcome, made) {
      const filter = { _id: id, round, status: 'pending' } as const;
      await collection.updateOne(filter, {
        ...(made ? buildTryUpdate(made) : {}),
        ...buildOutcomeUpdate(outcome),
      });
    },
    async renew(id) {
      const document = await collection.findOneAndUpdate(
        { _id: id },
        {
          $set: { status: 'pending', tries_made: 0, next_try_at: await clock.now() },
          $unset: { error: '' },
          $inc: { round: 1 },
        },
        { returnDocument: 'after' },
      );
      return document && decode(document);
    },
    async overdue(time, limit, from) {
      const documents = await collection
        .find({ status: 'pending', next_try_at: { $gte: from, $lt: time } })
        .sort({ next_try_at: 1 })
        .limit(limit)
        .toArray();
      return readList(documents);
    },
    async removeByWebhook(webhook_id) {
      await collection.deleteMany({ webhook_id });
    },
    async removeOlderThan(time) {
      return (await collection.deleteMany({ created_at: { $lt: time } })).deletedCount;
    },
  };
}

function newDelivery(webhook_id: string, event: SessionEvent, now: Date): Omit<Delivery, 'id'> {
  return {
    webhook_id,
    ...event,
    status: 'pending',
    round: 0,
    tries_made: 0,
    tries: [],
    next_try_at: now,
    created_at: now,
  };
}

function buildTryUpdate(made: DeliveryTry) {
  return { $inc: { tries_made: 1 }, $push: { tries: { $each: [made], $slice: -TRIES_KEPT } } };
}

function buildOutcomeUpdate(outcome: TryOutcome) {
  switch (outcome.kind) {
    case 'delivered':
      return { $set: { status: 'delivered' }, $unset: { next_try_at: '' } } as const;
    case 'retry':
      return { $set: { next_try_at: outcome.at } };
    case 'failed':
      return {
        $set: { status: 'failed', error: outcome.error },
        $unset: { next_try_at: '' },
      } as const;
  }
}

function decode(document: DeliveryDocument): Delivery {
  return readDocument(document, {
    collection: COLLECTION,
    form: deliveryForm,
    decode: ({ _id, ...fields }) => ({ id: _id, ...fields }),
  });
}
