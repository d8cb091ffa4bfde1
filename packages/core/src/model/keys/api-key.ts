import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/** The scopes of an API key. Each scope includes the scopes before it. */
export const SCOPES = ['read', 'write', 'admin'] as const;

/** Schema of a scope. */
export const scopeSchema = z.enum(SCOPES);

/** The scope of an API key: what its holder may do. */
export type Scope = z.infer<typeof scopeSchema>;

/** An API key as operators see it, without its secret. */
export interface ApiKey {
  /** Identifies the key in lists and logs. The id is part of the key's text, but it is not secret. */
  id: string;
  name: string;
  /** The tenant of the key. Keys of one tenant share their idempotency keys. */
  tenant: string;
  scope: Scope;
  created_at: Date;
  revoked_at?: Date;
  /** When the key was last used, accurate to a few minutes. */
  last_used_at?: Date;
}

/** A new key: its text, and what Baton stores of it. */
export interface MintedKey {
  id: string;
  /** The text that the caller sends. Baton does not store it. */
  text: string;
  hash: string;
}

const ID_BYTES = 8;
const SECRET_BYTES = 32;
const KEY_TEXT = /^baton_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;

/** Creates a key with a random id and a secret of 256 random bits. */
export function mintKey(): MintedKey {
  const id = randomBytes(ID_BYTES).toString('hex');
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  return { id, text: `baton_${id}_${secret}`, hash: hashSecret(secret) };
}

/** Returns the id and the secret in a key's text, or null if the text is not a key. */
export function parseKeyText(text: string): { id: string; secret: string } | null {
  const [, id, secret] = KEY_TEXT.exec(text) ?? [];
  return id === undefined || secret === undefined ? null : { id, secret };
}

/** Returns the SHA-256 (hex) of a secret. A fast hash is enough, because nobody can guess 256 random bits. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Returns whether a secret has this hash. The comparison takes constant time. */
export function isSecretOf(secret: string, hash: string): boolean {
  const shownHash = Buffer.from(hashSecret(secret), 'hex');
  const stored = Buffer.from(hash, 'hex');
  return shownHash.length === stored.length && timingSafeEqual(shownHash, stored);
}
