import { createPrivateKey, createPublicKey, type JsonWebKey } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { z } from 'zod';
import { AppError } from '../model/errors/app-error.ts';

/**
 * The JWE algorithm that encrypts content keys. JWE libraries of other languages support this
 * algorithm, too.
 */
export const KEY_ALGORITHM = 'ECDH-ES+A256KW';

/** The JWE algorithm that encrypts a value with its content key. */
export const CONTENT_ALGORITHM = 'A256GCM';

const part = z.string().regex(/^[A-Za-z0-9_-]+$/);

const publicKey = {
  kty: z.enum(['EC', 'OKP']),
  crv: z.enum(['P-256', 'P-384', 'P-521', 'X25519']),
  x: part,
  y: part.exactOptional(),
  kid: z.string().min(1).max(128),
  use: z.literal('enc').default('enc'),
  alg: z.string().default(KEY_ALGORITHM),
};

/** Schema of a public key that encrypts secrets (RFC 7517). */
const sealingKeySchema = z.object(publicKey);

const openingKeySchema = z.object({ ...publicKey, d: part });

/** A public key that encrypts secrets. */
export type SealingKey = z.infer<typeof sealingKeySchema>;

/** A private key that decrypts what its public part encrypted. */
export type OpeningKey = z.infer<typeof openingKeySchema>;

const setOf = <T extends z.ZodType>(key: T) => z.object({ keys: z.array(key).min(1).max(32) });

/** Parses public keys (JWK) from a caller; `name` names them in the error. Throws INVALID_CONFIG. */
export function parseSealingKeys(keys: readonly unknown[], name: string): SealingKey[] {
  if (!Array.isArray(keys)) throw refuseSet(name);
  return keys.length === 0 ? [] : parsePublicKeys(textOf({ keys }, name), name);
}

// A value that JSON cannot represent, such as a circular object, is not a key.
function textOf(set: object, name: string): string {
  try {
    return JSON.stringify(set);
  } catch {
    throw refuseSet(name);
  }
}

/** Parses a public JWKS; `name` names it in the error. Throws INVALID_CONFIG, also if it contains a private key. */
export function parsePublicKeys(text: string, name: string): SealingKey[] {
  const { keys } = parseSet(setOf(z.looseObject(publicKey)), text, name);
  if (keys.some((key) => 'd' in key)) {
    throw new AppError('INVALID_CONFIG', `${name}: expected only public keys, got a private key`);
  }
  const parsed = keys.map((key) => sealingKeySchema.parse(key));
  checkUsable(parsed, name, createPublicKey);
  return parsed;
}

/** Parses a private JWKS. Throws INVALID_CONFIG; the error never contains a key. */
export function parsePrivateKeys(text: string, name: string): OpeningKey[] {
  const { keys } = parseSet(setOf(openingKeySchema), text, name);
  checkUsable(keys, name, createPrivateKey);
  return keys;
}

/** Refuses keys that fit the schema but cannot be used, such as a point that is not on its curve. */
function checkUsable(
  keys: readonly SealingKey[],
  name: string,
  createKey: (input: { key: JsonWebKey; format: 'jwk' }) => unknown,
): void {
  for (const key of keys) {
    try {
      createKey({ key, format: 'jwk' });
    } catch {
      // The original error is dropped, because it may quote the key.
      throw new AppError('INVALID_CONFIG', `${name}: the key ${key.kid} is invalid for its curve`);
    }
  }
}

/** Returns the public part of a private key. */
export function publicPart({ d: _private, ...key }: OpeningKey): SealingKey {
  return key;
}

/** Generates a private key whose `kid` is its thumbprint (RFC 7638). */
export async function generateOpeningKey(): Promise<OpeningKey> {
  const { privateKey } = await generateKeyPair(KEY_ALGORITHM, { crv: 'P-256', extractable: true });
  const jwk = await exportJWK(privateKey);
  return openingKeySchema.parse({ ...jwk, kid: await calculateJwkThumbprint(jwk) });
}

function parseSet<T extends z.ZodType>(schema: T, text: string, name: string): z.infer<T> {
  const refusal = refuseSet(name);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // The original error is dropped, because it may quote the key.
    throw refusal;
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw refusal;
  return parsed.data;
}

function refuseSet(name: string): AppError {
  return new AppError(
    'INVALID_CONFIG',
    `${name}: expected a JWKS of EC or X25519 keys, each with a kid`,
  );
}
