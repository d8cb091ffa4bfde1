import { randomBytes } from 'node:crypto';
import type { Db } from 'mongodb';
import { hashSecret } from '../model/keys/api-key.ts';

interface LoginDocument {
  /** The SHA-256 of the token that the browser holds. */
  _id: string;
  key_id: string;
  expires_at: Date;
}

/**
 * The logins to the dashboards. The token of a login stands for an API key, and contains no part of
 * the key.
 */
export interface LoginStore {
  /** Begins a login with this key and returns its token. Only a hash of the token is stored. */
  begin(keyId: string): Promise<string>;
  /**
   * Returns the id of the key that this token stands for. Returns null if the token is unknown, or
   * if its login has ended or expired.
   */
  findKeyId(token: string): Promise<string | null>;
  /** Ends the login. Does nothing if there is none. */
  end(token: string): Promise<void>;
}

/** How long a login lasts, in milliseconds. */
export const LOGIN_LASTS_MS = 12 * 3_600_000;

const TOKEN_BYTES = 32;

/**
 * Creates the login store of a database. Every API process that shares the database accepts the
 * same logins.
 */
export function createLoginStore(db: Db): LoginStore {
  const collection = db.collection<LoginDocument>('logins');
  return {
    async begin(keyId) {
      const token = randomBytes(TOKEN_BYTES).toString('base64url');
      const now = Date.now();
      // Each new login removes expired logins, so that they do not accumulate.
      await collection.deleteMany({ expires_at: { $lte: new Date(now) } });
      const expires_at = new Date(now + LOGIN_LASTS_MS);
      await collection.insertOne({ _id: hashSecret(token), key_id: keyId, expires_at });
      return token;
    },
    async findKeyId(token) {
      const login = await collection.findOne({ _id: hashSecret(token) });
      return login && login.expires_at > new Date() ? login.key_id : null;
    },
    async end(token) {
      await collection.deleteOne({ _id: hashSecret(token) });
    },
  };
}
