import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/** What a key may do; each scope may do what those before it may. */
export const SCOPES = ['read', 'write', 'admin'] as const;

/** One of the scopes. */
export const scopeSchema = z.enum(SCOPES);

/** What a key may do. */
export type Scope = z.infer<typeof scopeSchema>;

/** A key as operators see it: nothing of its secret. */
export interface ApiKey {
  /** Names the key in lists and logs; part of its text, and no secret. */
  id: string;
  name: string;
  /** Whose calls it makes: keys of one tenant are one caller to idempotency. */
  tenant: string;
  scope: Scope;
  created_at: Date;
  revoked_at?: Date;
  /** Known to a few minutes only. */
  last_used_at?: Date;
}

/** The text of a new key and what is stored of it. */
export interface MintedKey {
  id: string;
  /** What the caller sends; it is nowhere but here. */
  text: string;
  hash: string;
}

const ID_BYTES = 8;
const SECRET_BYTES = 32;
const KEY_TEXT = /^baton_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;

/** A new key: 256 random bits under an id of its own. */
export function mintKey(): MintedKey {
  const id = randomBytes(ID_BYTES).toString('hex');
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  return { id, text: `baton_${id}_${secret}`, hash: hashSecret(secret) };
}

/** The id and the secret in a key's text, or null where it is no such text. */
export function parseKeyText(text: string): { id: string; secret: string } | null {
  const [, id, secret] = KEY_TEXT.exec(text) ?? [];
  return id === undefined || secret === undefined ? null : { id, secret };
}

/** SHA-256 (hex) of a secret. No slow hash is needed: there is nothing to guess in 256 random bits. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Says, in constant time, whether the secret is the one of this hash. */
export function isSecretOf(secret: string, hash: string): boolean {
  const shownHash = Buffer.from(hashSecret(secret), 'hex');
  const stored = Buffer.from(hash, 'hex');
  return shownHash.length === stored.length && timingSafeEqual(shownHash, stored);
}
