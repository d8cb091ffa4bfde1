import type { Collection, Db, UpdateFilter } from 'mongodb';
import { z } from 'zod';
import { AppError } from '../model/errors/app-error.ts';
import { defined } from '../model/schema/defined.ts';
import { newId } from '../model/schema/id.ts';
import type { NewWebhook, Webhook, WebhookChanges } from '../model/webhooks/webhook.ts';
import { newWebhookSecret } from '../model/webhooks/webhook-signature.ts';
import { buildUnset } from './build-unset.ts';
import type { StoreClock } from './clock.ts';
import { createListReader, type ListOptions, readDocument } from './read-document.ts';

/** How many webhooks there may be. Each status change reads all of them. */
const MAX_WEBHOOKS = 100;

/**
 * An endpoint counts as dead if the last `tries` tries failed and the first of these failures was
 * at least `ms` milliseconds ago.
 */
export interface DeadAfter {
  tries: number;
  ms: number;
}

/** The webhooks of a database. */
export interface WebhookStore {
  /** Creates an enabled webhook. Throws LIMIT_EXCEEDED if there are already 100. */
  create(fields: NewWebhook): Promise<Webhook>;
  /** Returns the webhook, or null. Throws INTERNAL if its document cannot be read. */
  get(id: string): Promise<Webhook | null>;
  /** Returns all webhooks that can be read, oldest first. */
  list(): Promise<Webhook[]>;
  /** Returns the enabled webhooks that can be read, oldest first. */
  enabled(): Promise<Webhook[]>;
  /** Changes a webhook and returns it. Returns null if there is none. */
  change(id: string, changes: WebhookChanges): Promise<Webhook | null>;
  /** Removes the webhook. Returns false if there was none. */
  remove(id: string): Promise<boolean>;
  /** Stores that the endpoint accepted an event, and clears the count of its failures. */
  noteDelivered(id: string): Promise<void>;
  /**
   * Counts a failed try. If the endpoint then counts as dead, disables the webhook and returns
   * true.
   */
  noteFailure(id: string, deadAfter: DeadAfter): Promise<boolean>;
  /** Disables the webhook because its endpoint answered 410 Gone. */
  disableGone(id: string): Promise<void>;
}

const COLLECTION = 'webhooks';

type WebhookDocument = Omit<Webhook, 'id'> & { _id: string };

const webhookForm = z.looseObject({
  _id: z.string(),
  url: z.string(),
  secret: z.string(),
  enabled: z.boolean(),
  types: z.array(z.string()).optional(),
  tags: z.array(z.string()).optional(),
  disabled: z.looseObject({ at: z.date() }).optional(),
  failures: z.looseObject({ count: z.number(), since: z.date() }).optional(),
  last_delivered_at: z.date().optional(),
  created_at: z.date(),
  updated_at: z.date(),
});

/** Creates the webhook store of a database. */
export function createWebhookStore(
  db: Db,
  clock: StoreClock,
  options: ListOptions = {},
): WebhookStore {
  const collection = db.collection<WebhookDocument>(COLLECTION);
  const readList = createListReader(COLLECTION, decode, options);

  async function find(filter: { enabled?: boolean }): Promise<Webhook[]> {
    const documents = await collection
      .find(filter)
      .sort({ created_at: 1, _id: 1 })
      .limit(MAX_WEBHOOKS)
      .toArray();
    return readList(documents);
  }

  return {
    async create(fields) {
      if ((await collection.countDocuments({})) >= MAX_WEBHOOKS) {
        throw new AppError(
          'LIMIT_EXCEEDED',
          `expected at most ${MAX_WEBHOOKS} webhooks; remove one first`,
        );
      }
      const now = await clock.now();
      const document = {
        _id: newId(),
        ...fields,
        enabled: true,
        secret: newWebhookSecret(),
        created_at: now,
        updated_at: now,
      } as WebhookDocument;
      await collection.insertOne(document);
      return decode(document);
    },
    async get(id) {
      const document = await collection.findOne({ _id: id });
      return document && decode(document);
    },
    list: () => find({}),
    enabled: () => find({ enabled: true }),
    async change(id, changes) {
      const update = changeUpdate(changes, await clock.now());
      const options = { returnDocument: 'after' } as const;
      const document = await collection.findOneAndUpdate({ _id: id }, update, options);
      return document && decode(document);
    },
    async remove(id) {
      return (await collection.deleteOne({ _id: id })).deletedCount > 0;
    },
    ...createEndpointHealth(collection, clock),
  };
}

/**
 * Creates the writes that store what an endpoint did: it accepted an event, it failed, or it
 * answered 410 Gone.
 */
function createEndpointHealth(
  collection: Collection<WebhookDocument>,
  clock: StoreClock,
): Pick<WebhookStore, 'noteDelivered' | 'noteFailure' | 'disableGone'> {
  async function disable(
    id: string,
    disabled: NonNullable<Webhook['disabled']>,
    guard: { 'failures.count'?: { $gte: number } } = {},
  ): Promise<boolean> {
    const { matchedCount } = await collection.updateOne(
      { _id: id, enabled: true, ...guard },
      { $set: { enabled: false, disabled, updated_at: disabled.at } },
    );
    return matchedCount > 0;
  }

  return {
    async noteDelivered(id) {
      const now = await clock.now();
      await collection.updateOne(
        { _id: id },
        { $set: { last_delivered_at: now }, $unset: { failures: '' } },
      );
    },
    async noteFailure(id, { tries, ms }) {
      const now = await clock.now();
      await collection.updateOne(
        { _id: id, enabled: true, failures: { $exists: false } },
        { $set: { failures: { count: 0, since: now } } },
      );
      const document = await collection.findOneAndUpdate(
        { _id: id, enabled: true, failures: { $exists: true } },
        { $inc: { 'failures.count': 1 } },
        { returnDocument: 'after' },
      );
      const failures = document?.failures;
      if (!failures || failures.count < tries) return false;
      if (now.getTime() - failures.since.getTime() < ms) return false;
      const message = `${failures.count} tries in a row failed, since ${failures.since.toISOString()}`;
      // The update checks the count again, because a successful try may have just reset the count.
      return disable(
        id,
        { code: 'failing', message, at: now },
        { 'failures.count': { $gte: tries } },
      );
    },
    async disableGone(id) {
      const message = 'the endpoint answered 410: it is gone';
      await disable(id, { code: 'gone', message, at: await clock.now() });
    },
  };
}

/**
 * Returns the update that makes these changes. A null removes the field, and enabling the webhook
 * clears its failures.
 */
function changeUpdate(changes: WebhookChanges, now: Date): UpdateFilter<WebhookDocument> {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  const set = Object.fromEntries(given.filter(([, value]) => value !== null));
  const unset = given.filter(([, value]) => value === null).map(([key]) => key);
  if (changes.enabled === true) unset.push('disabled', 'failures');
  const disabled =
    changes.enabled === false
      ? ({ code: 'asked', message: 'disabled by request', at: now } as const)
      : undefined;
  return {
    $set: { ...set, ...defined({ disabled }), updated_at: now },
    ...defined({ $unset: buildUnset(unset) }),
  };
}

function decode(document: WebhookDocument): Webhook {
  return readDocument(document, {
    collection: COLLECTION,
    form: webhookForm,
    decode: ({ _id, ...fields }) => ({ id: _id, ...fields }),
  });
}
