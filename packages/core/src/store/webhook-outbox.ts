// Outbox: each status change, and each commit that delivers messages, appends its webhook events to
// the session document in the same update. The dispatch removes an entry once its deliveries are
// created.
import type { Db } from 'mongodb';
import { defined } from '../model/schema/defined.ts';
import { findUndeliveredMessages } from '../model/session/pending-message.ts';
import type { OutboxEntry, WebhookEvent } from '../model/webhooks/webhook-event.ts';
import type { SessionDocument } from './mongo.ts';

// The dispatch removes entries within seconds. While it cannot remove them, for example because
// Redis is down, each attempt of a session adds entries. This bound keeps the document small.
// It exceeds the number of messages that one update may deliver.
const MAX_ENTRIES = 300;

/** Returns the part of an update that appends an event to the outbox. */
export function appendOutboxEvent(type: WebhookEvent, attempt: number, at: Date) {
  return appendOutboxEntries([{ type, attempt, at }]);
}

/** Returns the part of an update that appends several entries to the outbox, in this order. */
export function appendOutboxEntries(entries: readonly OutboxEntry[]) {
  return { $push: { webhooks_due: { $each: [...entries], $slice: -MAX_ENTRIES } } };
}

/** A session with outbox entries. */
export interface OutboxSession {
  id: string;
  created_at: Date;
  tags?: string[];
  entries: OutboxEntry[];
  /** Ids of the messages that the session had not delivered when it ended; empty while it lives. */
  undelivered: string[];
}

/** The outbox: status changes for which no deliveries have been created yet. */
export interface WebhookOutbox {
  /** Returns the outbox entries of one session, or null if it has none. */
  find(id: string): Promise<OutboxSession | null>;
  /** Returns at most `limit` sessions with an entry that was stored at or before `time`. */
  olderThan(time: Date, limit: number): Promise<OutboxSession[]>;
  /** Removes entries whose deliveries have been created. */
  acknowledge(id: string, entries: readonly OutboxEntry[]): Promise<void>;
  /**
   * Removes, from all sessions, the entries that were stored at or before `time`. The dispatch
   * calls this if there is no webhook to notify.
   */
  clear(time: Date): Promise<void>;
}

type OutboxDocument = Pick<
  SessionDocument,
  '_id' | 'created_at' | 'tags' | 'webhooks_due' | 'status' | 'pending_messages'
>;

const FIELDS = {
  created_at: 1,
  tags: 1,
  webhooks_due: 1,
  status: 1,
  pending_messages: 1,
} as const;

/** Creates the outbox, which is stored on the sessions of a database. */
export function createWebhookOutbox(db: Db): WebhookOutbox {
  const collection = db.collection<SessionDocument>('sessions');
  return {
    async find(id) {
      const document = await collection.findOne<OutboxDocument>(
        { _id: id },
        { projection: FIELDS },
      );
      return document?.webhooks_due?.length ? decode(document) : null;
    },
    async olderThan(time, limit) {
      const documents = await collection
        .find({ 'webhooks_due.at': { $lte: time } })
        .project<OutboxDocument>(FIELDS)
        .limit(limit)
        .toArray();
      return documents.map(decode);
    },
    async acknowledge(id, entries) {
      await collection.updateOne({ _id: id }, { $pullAll: { webhooks_due: [...entries] } });
    },
    async clear(time) {
      await collection.updateMany(
        { 'webhooks_due.at': { $lte: time } },
        { $pull: { webhooks_due: { at: { $lte: time } } } },
      );
    },
  };
}

function decode({
  _id,
  created_at,
  tags,
  webhooks_due = [],
  ...holder
}: OutboxDocument): OutboxSession {
  return {
    id: _id,
    created_at,
    ...defined({ tags: Array.isArray(tags) ? tags : undefined }),
    entries: webhooks_due,
    undelivered: findUndeliveredMessages(holder) ?? [],
  };
}
