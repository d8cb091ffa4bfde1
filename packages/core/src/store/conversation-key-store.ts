// Which session is the newest of each conversation that has a key. The id of a new session is stored
// here before the session itself, so that two launches never both begin or continue a conversation.
import type { Db, Filter } from 'mongodb';
import { defined } from '../model/schema/defined.ts';
import { buildUnset } from './build-unset.ts';
import { isDuplicateKey } from './duplicate-key.ts';

/** A key of a tenant. */
export interface TenantKey {
  tenant: string;
  key: string;
}

/** The newest session of a conversation. */
export interface NewestSession {
  /** The id of the newest session. */
  id: string;
  /** The session that was the newest before; it is the newest again if `id` was never stored. */
  prior?: string;
  /** The job of the newest session, as JSON, until the session is stored. */
  pending?: string;
}

/** A conversation key as it is stored: `_id` is the JSON of the tenant and the key. */
export interface ConversationKeyDocument extends Omit<NewestSession, 'id'>, TenantKey {
  _id: string;
  newest: string;
}

/** The newest sessions of conversations with a key. Each change is one guarded update. */
export interface ConversationKeyStore {
  /** Returns the newest session of the conversation, or null if the key is free. */
  get(key: TenantKey): Promise<NewestSession | null>;
  /**
   * Makes `next` the newest session if `before` still is (null: if the key is free), and if the
   * session `before` is stored. Returns whether it did.
   */
  take(
    key: TenantKey,
    before: NewestSession | null,
    next: NewestSession & { pending: string },
  ): Promise<boolean>;
  /** Notes that the newest session `id` is stored, so that nobody else has to store it. */
  settle(key: TenantKey, id: string): Promise<void>;
  /**
   * Withdraws the newest session `id`, which is not stored after all. `prior` is the newest session
   * again; without it, the key is free.
   */
  withdraw(key: TenantKey, newest: NewestSession): Promise<void>;
  /**
   * Makes `next` the newest session of the conversation whose newest session is `before`. Does
   * nothing if there is no such conversation.
   */
  advance(before: string, next: string): Promise<void>;
  /** Frees the keys of the conversations whose newest session is one of these. */
  free(ids: readonly string[]): Promise<void>;
}

/** Creates the store of conversation keys of a database. */
export function createConversationKeyStore(db: Db): ConversationKeyStore {
  const collection = db.collection<ConversationKeyDocument>('conversation_keys');

  async function change(
    filter: Filter<ConversationKeyDocument>,
    { newest, prior, pending }: Omit<ConversationKeyDocument, '_id' | keyof TenantKey>,
  ): Promise<boolean> {
    const absent = Object.entries({ prior, pending }).flatMap(([field, value]) =>
      value === undefined ? [field] : [],
    );
    const { matchedCount } = await collection.updateOne(filter, {
      $set: { newest, ...defined({ prior, pending }) },
      ...defined({ $unset: buildUnset(absent) }),
    });
    return matchedCount > 0;
  }

  return {
    async get(key) {
      const found = await collection.findOne({ _id: idOf(key) });
      if (!found) return null;
      const { newest, prior, pending } = found;
      return { id: newest, ...defined({ prior, pending }) };
    },
    async take(key, before, { id: newest, ...rest }) {
      const _id = idOf(key);
      if (before) {
        return change({ _id, newest: before.id, pending: { $exists: false } }, { newest, ...rest });
      }
      try {
        await collection.insertOne({ _id, ...key, newest, ...rest });
        return true;
      } catch (error) {
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    },
    async settle(key, id) {
      await collection.updateOne({ _id: idOf(key), newest: id }, { $unset: { pending: '' } });
    },
    async withdraw(key, { id, prior }) {
      const filter = { _id: idOf(key), newest: id };
      if (prior === undefined) await collection.deleteOne(filter);
      else await change(filter, { newest: prior });
    },
    async advance(before, next) {
      await change({ newest: before }, { newest: next, prior: before });
    },
    async free(ids) {
      await collection.deleteMany({ newest: { $in: [...ids] } });
    },
  };
}

function idOf({ tenant, key }: TenantKey): string {
  return JSON.stringify([tenant, key]);
}
