import { createPrivateKey, createPublicKey, type JsonWebKey } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { z } from 'zod';
import { AppError } from '../model/errors/app-error.ts';

/** How a content key is agreed on: by any library that speaks JWE. */
export const KEY_ALGORITHM = 'ECDH-ES+A256KW';

/** How a value is encrypted under its content key. */
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

/** A public key that secrets are sealed to (RFC 7517). */
const sealingKeySchema = z.object(publicKey);

const openingKeySchema = z.object({ ...publicKey, d: part });

/** A public key that secrets are sealed to. */
export type SealingKey = z.infer<typeof sealingKeySchema>;

/** A private key that opens what was sealed to its public part. */
export type OpeningKey = z.infer<typeof openingKeySchema>;

const setOf = <T extends z.ZodType>(key: T) => z.object({ keys: z.array(key).min(1).max(32) });

/** Parses public keys (JWK) that a caller hands over; `name` names them in the error. Throws INVALID_CONFIG. */
export function parseSealingKeys(keys: readonly unknown[], name: string): SealingKey[] {
  if (!Array.isArray(keys)) throw refuseSet(name);
  return keys.length === 0 ? [] : parsePublicKeys(textOf({ keys }, name), name);
}

// What JSON cannot hold, such as a ring of objects, is no key.
function textOf(set: object, name: string): string {
  try {
    return JSON.stringify(set);
  } catch {
    throw refuseSet(name);
  }
}

/** The keys of a public JWKS; `name` is said where it is none. Throws INVALID_CONFIG, for private keys too. */
export function parsePublicKeys(text: string, name: string): SealingKey[] {
  const { keys } = parseSet(setOf(z.looseObject(publicKey)), text, name);
  if (keys.some((key) => 'd' in key)) {
    throw new AppError('INVALID_CONFIG', `${name}: expected public keys alone, got a private one`);
  }
  const parsed = keys.map((key) => sealingKeySchema.parse(key));
  checkUsable(parsed, name, createPublicKey);
  return parsed;
}

/** The keys of a private JWKS. Throws INVALID_CONFIG, never with a key in it. */
export function parsePrivateKeys(text: string, name: string): OpeningKey[] {
  const { keys } = parseSet(setOf(openingKeySchema), text, name);
  checkUsable(keys, name, createPrivateKey);
  return keys;
}

/** Refuses keys that fit the schema and yet are none, such as a point beside its curve: each use would fail. */
function checkUsable(
  keys: readonly SealingKey[],
  name: string,
  createKey: (input: { key: JsonWebKey; format: 'jwk' }) => unknown,
): void {
  for (const key of keys) {
    try {
      createKey({ key, format: 'jwk' });
    } catch {
      // Nor would the reason be safe to pass on: it may quote the key.
      throw new AppError('INVALID_CONFIG', `${name}: the key ${key.kid} is no key of its curve`);
    }
  }
}

/** The public part of a private key. */
export function publicPart({ d: _private, ...key }: OpeningKey): SealingKey {
  return key;
}

/** A new private key, named by its thumbprint (RFC 7638). */
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
    // The parser's words would quote the key.
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
