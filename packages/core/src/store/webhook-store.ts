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

/** How many webhooks there may be: each status change reads all of them. */
const MAX_WEBHOOKS = 100;

/** When an endpoint counts as dead: so many tries failed in a row, the first of them so long ago. */
export interface DeadAfter {
  tries: number;
  ms: number;
}

/** The webhooks of a database. */
export interface WebhookStore {
  /** Makes a webhook, enabled. Throws LIMIT_EXCEEDED where there are 100. */
  create(fields: NewWebhook): Promise<Webhook>;
  /** The webhook, or null. Throws INTERNAL where its document cannot be read. */
  get(id: string): Promise<Webhook | null>;
  /** All webhooks that can be read, the oldest first. */
  list(): Promise<Webhook[]>;
  /** The enabled webhooks, the oldest first. */
  enabled(): Promise<Webhook[]>;
  /** Changes a webhook; null where there is none. */
  change(id: string, changes: WebhookChanges): Promise<Webhook | null>;
  /** Removes the webhook; false where there was none. */
  remove(id: string): Promise<boolean>;
  /** Stores that the endpoint accepted an event, and clears its failures. */
  noteDelivered(id: string): Promise<void>;
  /** Counts a failed try. Disables the webhook where its endpoint counts as dead; true if it did. */
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

/** The webhooks of a database, on its clock. */
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
        throw new AppError('LIMIT_EXCEEDED', `expected at most ${MAX_WEBHOOKS} webhooks`);
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

/** The health of a webhook's endpoint: its last delivery, its failures in a row, and that it is gone. */
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
      // Guarded by the count: a try that succeeded meanwhile has reset it.
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

/** The update of a webhook by these changes: null removes a field, and enabling forgets the failures. */
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
