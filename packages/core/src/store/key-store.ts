import type { Db, WithId } from 'mongodb';
import { z } from 'zod';
import { AppError } from '../model/errors/app-error.ts';
import { type ApiKey, mintKey } from '../model/keys/api-key.ts';
import { defined } from '../model/schema/defined.ts';
import { createListReader, type ListOptions, readDocument } from './read-document.ts';

const COLLECTION = 'api_keys';

type KeyDocument = Omit<ApiKey, 'id'> & { _id: string; hash: string };

const keyForm = z.looseObject({
  _id: z.string(),
  name: z.string(),
  tenant: z.string(),
  scope: z.string(),
  created_at: z.date(),
  revoked_at: z.date().optional(),
  last_used_at: z.date().optional(),
});

/** An API key and the hash that its secret is checked against. */
export interface StoredKey {
  key: ApiKey;
  hash: string;
}

/** The API keys of a database. */
export interface KeyStore {
  /**
   * Creates a key, and returns it with its text. Baton does not store the text, so nobody can read
   * it again.
   */
  create(key: Pick<ApiKey, 'name' | 'tenant' | 'scope'>): Promise<{ key: ApiKey; text: string }>;
  /** Returns the key with this id, even if it is revoked. Returns null if there is none. */
  find(id: string): Promise<StoredKey | null>;
  /** Returns the newest 1,000 keys, newest first. Leaves out keys that cannot be read. */
  list(): Promise<ApiKey[]>;
  /** Revokes the key permanently. Does nothing if it is already revoked. Throws NOT_FOUND. */
  revoke(id: string): Promise<ApiKey>;
  /** Stores that the key was used now, unless a use was stored within the last five minutes. */
  noteUse(id: string): Promise<void>;
}

const LIST_MAX = 1_000;

/**
 * How old the stored time of a key's last use must be, in milliseconds, before a new use is stored.
 */
const USE_NOTED_EVERY_MS = 5 * 60_000;

/** Creates the key store of a database, which holds only hashes of the keys' secrets. */
export function createKeyStore(db: Db, options: ListOptions = {}): KeyStore {
  const collection = db.collection<KeyDocument>(COLLECTION);
  const readList = createListReader(COLLECTION, read, options);

  return {
    async create({ name, tenant, scope }) {
      const { id, text, hash } = mintKey();
      const document = { _id: id, name, tenant, scope, hash, created_at: new Date() };
      await collection.insertOne(document);
      return { key: toKey(document), text };
    },
    async find(id) {
      const document = await collection.findOne({ _id: id });
      return document && { key: toKey(document), hash: document.hash };
    },
    async list() {
      const documents = await collection
        .find()
        .sort({ created_at: -1, _id: -1 })
        .limit(LIST_MAX)
        .toArray();
      return readList(documents);
    },
    async revoke(id) {
      const absent = { revoked_at: { $exists: false } };
      await collection.updateOne({ _id: id, ...absent }, { $set: { revoked_at: new Date() } });
      const document = await collection.findOne({ _id: id });
      if (!document) throw new AppError('NOT_FOUND', `no key ${id}`);
      return toKey(document);
    },
    async noteUse(id) {
      const now = new Date();
      const notedBefore = new Date(now.getTime() - USE_NOTED_EVERY_MS);
      await collection.updateOne(
        {
          _id: id,
          $or: [{ last_used_at: { $exists: false } }, { last_used_at: { $lt: notedBefore } }],
        },
        { $set: { last_used_at: now } },
      );
    },
  };
}

function read(document: WithId<KeyDocument>): ApiKey {
  return readDocument(document, { collection: COLLECTION, form: keyForm, decode: toKey });
}

// Lists the fields one by one, so that the hash is never returned.
function toKey(document: WithId<KeyDocument>): ApiKey {
  const { _id: id, name, tenant, scope, created_at, revoked_at, last_used_at } = document;
  return defined({ id, name, tenant, scope, created_at, revoked_at, last_used_at });
}
