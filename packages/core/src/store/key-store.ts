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

/** A key with what its secret is checked against. */
export interface StoredKey {
  key: ApiKey;
  hash: string;
}

/** The API keys of a database. */
export interface KeyStore {
  /** Creates a key. Its text is returned this once and stored nowhere. */
  create(key: Pick<ApiKey, 'name' | 'tenant' | 'scope'>): Promise<{ key: ApiKey; text: string }>;
  /** The key of this id, revoked or not, or null. */
  find(id: string): Promise<StoredKey | null>;
  /** The keys that can be read, newest first; the newest 1,000 of them. */
  list(): Promise<ApiKey[]>;
  /** Revokes the key for good; does nothing if it is revoked already. Throws NOT_FOUND. */
  revoke(id: string): Promise<ApiKey>;
  /** Stores that the key was used now, unless a use was stored within the last five minutes. */
  noteUse(id: string): Promise<void>;
}

const LIST_MAX = 1_000;

/** How old the stored time of the last use may be, in milliseconds, before a use is stored again. */
const USE_NOTED_EVERY_MS = 5 * 60_000;

/** The API keys of a database; only hashes of their secrets are in it. */
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

// The fields are listed one by one, so that the hash is never returned.
function toKey(document: WithId<KeyDocument>): ApiKey {
  const { _id: id, name, tenant, scope, created_at, revoked_at, last_used_at } = document;
  return defined({ id, name, tenant, scope, created_at, revoked_at, last_used_at });
}
