import type { Collection, Db } from 'mongodb';
import { z } from 'zod';
import { contentSchema } from '../model/content/content.ts';
import { defined } from '../model/schema/defined.ts';
import type { Message } from '../model/session/message.ts';
import type { StoreClock } from './clock.ts';
import { isDuplicateKey } from './duplicate-key.ts';
import type { MessageDocument } from './mongo.ts';
import { findOldestFirst } from './pages-by-time.ts';
import { createListReader, type ListOptions, readDocument } from './read-document.ts';

/** A message that a caller sends. */
export type NewMessage = Pick<
  Message,
  'id' | 'session_id' | 'root_session_id' | 'content' | 'blocks' | 'blocks_hash' | 'priority'
>;

/** A message that a worker found in the conversation; `seq` is the event that shows it. */
export interface DeliveredMessage {
  id: string;
  seq?: number;
}

/** A page of a session's messages, oldest first. */
export interface MessagePage {
  messages: Message[];
  next_cursor?: string;
}

/**
 * The messages of sessions. The session document decides which messages are pending
 * (store/message-acceptance.ts); these documents hold their content and what became of them.
 */
export interface MessageStore {
  /**
   * Stores the message unless its id is taken, and returns the stored message. An existing message
   * takes precedence. If its session is not known to have accepted it, notes that a caller tries
   * again now.
   */
  insertIfAbsent(message: NewMessage): Promise<Message>;
  /** Notes that the session has accepted the message, so that the retention leaves it alone. */
  noteAccepted(id: string): Promise<void>;
  /**
   * Removes a message that its session refused, unless another caller tries again with it since
   * `insertIfAbsent` returned it.
   */
  removeRefused(message: Message): Promise<void>;
  /**
   * Returns the message of this session, or null. Throws INTERNAL if its document cannot be read.
   */
  get(sessionId: string, id: string): Promise<Message | null>;
  /** Returns the message with this id, of any session, or null. Throws like `get`. */
  find(id: string): Promise<Message | null>;
  /**
   * Returns a page of a session's messages. Messages that the session did not accept are among
   * them, but no documents that cannot be read. Throws INVALID_REQUEST if the cursor is not from this list.
   */
  list(sessionId: string, page: { limit: number; cursor?: string }): Promise<MessagePage>;
  /**
   * Returns the messages with these ids, in the same order. Leaves out unknown ids and documents
   * that cannot be read.
   */
  getMany(ids: readonly string[]): Promise<Message[]>;
  /** Returns the messages of a session that are stored as delivered, oldest first. */
  listDelivered(sessionId: string): Promise<DeliveredMessage[]>;
  /**
   * Stores that these messages are in the conversation. Call it before the update that takes them
   * off the session's list. Otherwise a message would for a moment look as if no session had
   * accepted it. `fence` is the fence of the attempt. Leaves out messages about which a newer attempt
   * has decided, and messages that were withdrawn.
   */
  setDelivered(messages: readonly DeliveredMessage[], fence: number): Promise<void>;
  /**
   * Stores that these messages are not in the conversation after all. Call it after the update that
   * puts them on the session's list again. `fence` is the fence of the attempt.
   */
  setUndelivered(ids: readonly string[], fence: number): Promise<void>;
  /**
   * Stores that the message was withdrawn, and when. An attempt that was lost may have stored it as
   * delivered before.
   */
  setWithdrawn(id: string): Promise<void>;
  /** Stores that a caller took the message back. Call it before the message is withdrawn. */
  setCancelled(id: string): Promise<void>;
  /** Undoes `setCancelled`, unless another call has withdrawn the message meanwhile. */
  unsetCancelled(id: string): Promise<void>;
}

const COLLECTION = 'messages';

const messageForm = z.looseObject({
  _id: z.string(),
  session_id: z.string(),
  root_session_id: z.string(),
  content: z.string(),
  blocks: contentSchema.optional(),
  blocks_hash: z.string().optional(),
  priority: z.string(),
  created_at: z.date(),
  delivered_at: z.date().optional(),
  seq: z.number().optional(),
  cancelled_at: z.date().optional(),
  decided_by: z.number().optional(),
  is_withdrawn: z.boolean().optional(),
});

/** Creates the message store of a database. */
export function createMessageStore(
  db: Db,
  clock: StoreClock,
  options: ListOptions = {},
): MessageStore {
  const collection = db.collection<MessageDocument>(COLLECTION);
  return {
    ...createMessageInserts(collection, clock),
    ...createMessageReads(collection, options),
    ...createMessageMarks(collection, clock),
  };
}

function createMessageInserts(
  collection: Collection<MessageDocument>,
  clock: StoreClock,
): Pick<MessageStore, 'insertIfAbsent' | 'noteAccepted' | 'removeRefused'> {
  // Every call gets a later `accepting_since`, so that a removal by another call leaves the message
  // alone. Returns null if the message changed or was removed meanwhile.
  async function tryAgain(id: string, now: Date): Promise<Message | null> {
    const document = await collection.findOne({ _id: id });
    if (!document?.accepting_since) return document && decode(document);
    const before = document.accepting_since;
    const accepting_since = new Date(Math.max(now.getTime(), before.getTime() + 1));
    const { matchedCount } = await collection.updateOne(
      { _id: id, accepting_since: before },
      { $set: { accepting_since } },
    );
    return matchedCount > 0 ? decode({ ...document, accepting_since }) : null;
  }

  return {
    async insertIfAbsent({ id, ...fields }) {
      for (;;) {
        const now = await clock.now();
        const message = { ...fields, created_at: now, accepting_since: now };
        try {
          await collection.insertOne({ _id: id, ...message });
          return { id, ...message };
        } catch (error) {
          if (!isDuplicateKey(error)) throw error;
        }
        const stored = await tryAgain(id, now);
        if (stored) return stored;
      }
    },
    async noteAccepted(id) {
      await collection.updateOne({ _id: id }, { $unset: { accepting_since: '' } });
    },
    async removeRefused({ id, accepting_since }) {
      if (accepting_since) await collection.deleteOne({ _id: id, accepting_since });
    },
  };
}

function createMessageReads(
  collection: Collection<MessageDocument>,
  options: ListOptions,
): Pick<MessageStore, 'get' | 'find' | 'list' | 'getMany' | 'listDelivered'> {
  const readList = createListReader(COLLECTION, decode, options);
  return {
    async get(sessionId, id) {
      const document = await collection.findOne({ _id: id, session_id: sessionId });
      return document && decode(document);
    },
    async find(id) {
      const document = await collection.findOne({ _id: id });
      return document && decode(document);
    },
    async list(session_id, page) {
      const { documents, ...next } = await findOldestFirst(collection, { session_id }, page);
      return { messages: readList(documents), ...next };
    },
    async getMany(ids) {
      const found = readList(await collection.find({ _id: { $in: [...ids] } }).toArray());
      const byId = new Map(found.map((message) => [message.id, message]));
      return ids.map((id) => byId.get(id)).filter((message) => message !== undefined);
    },
    async listDelivered(session_id) {
      const found = await collection
        .find({ session_id, delivered_at: { $exists: true } })
        .sort({ created_at: 1, _id: 1 })
        .project<Pick<MessageDocument, '_id' | 'seq'>>({ _id: 1, seq: 1 })
        .toArray();
      return found.map(({ _id, seq }) => ({ id: _id, ...defined({ seq }) }));
    },
  };
}

function createMessageMarks(
  collection: Collection<MessageDocument>,
  clock: StoreClock,
): Pick<
  MessageStore,
  'setDelivered' | 'setUndelivered' | 'setWithdrawn' | 'setCancelled' | 'unsetCancelled'
> {
  return {
    async setDelivered(messages, fence) {
      if (messages.length === 0) return;
      const delivered_at = await clock.now();
      await collection.bulkWrite(
        messages.map(({ id, seq }) => ({
          updateOne: {
            filter: {
              _id: id,
              is_withdrawn: { $exists: false },
              $or: [{ decided_by: { $exists: false } }, { decided_by: { $lte: fence } }],
            },
            update: {
              $set: { delivered_at, decided_by: fence, ...defined({ seq }) },
              $unset: { accepting_since: '', cancelled_at: '' } as const,
            },
          },
        })),
        { ordered: false },
      );
    },
    async setUndelivered(ids, fence) {
      if (ids.length === 0) return;
      await collection.updateMany(
        { _id: { $in: [...ids] } },
        { $set: { decided_by: fence }, $unset: { delivered_at: '', seq: '' } },
      );
    },
    async setWithdrawn(id) {
      await collection.updateOne(
        { _id: id },
        {
          $set: { cancelled_at: await clock.now(), is_withdrawn: true },
          $unset: { delivered_at: '', seq: '' },
        },
      );
    },
    async setCancelled(id) {
      await collection.updateOne({ _id: id }, { $set: { cancelled_at: await clock.now() } });
    },
    async unsetCancelled(id) {
      await collection.updateOne(
        { _id: id, is_withdrawn: { $exists: false } },
        { $unset: { cancelled_at: '' } },
      );
    },
  };
}

function decode(document: MessageDocument): Message {
  return readDocument(document, {
    collection: COLLECTION,
    form: messageForm,
    decode: ({ _id, decided_by, is_withdrawn, ...fields }) => ({ id: _id, ...fields }),
  });
}
