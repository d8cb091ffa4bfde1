import { readFile } from 'node:fs/promises';
import { AppError } from '../model/errors/app-error.ts';
import {
  type OpeningKey,
  parsePrivateKeys,
  parsePublicKeys,
  publicPart,
  type SealingKey,
} from './key-set.ts';

/** The keys of a process. The first key of `sealing` encrypts secrets. */
export interface SecretKeys {
  sealing: SealingKey[];
  opening: OpeningKey[];
}

/**
 * Reads the public keys from the file in SECRETS_PUBLIC_KEYS. Returns an empty list if `path` is undefined. Throws
 * INVALID_CONFIG.
 */
export async function readPublicKeys(path: string | undefined): Promise<SealingKey[]> {
  if (path === undefined) return [];
  return parsePublicKeys(await textOf(path, 'SECRETS_PUBLIC_KEYS'), 'SECRETS_PUBLIC_KEYS');
}

/**
 * Reads the keys of a process that decrypts secrets. Without SECRETS_PUBLIC_KEYS, the public part of the first private
 * key encrypts secrets. Throws INVALID_CONFIG if a file cannot be read or parsed, or if a public key has no matching private key.
 */
export async function readSecretKeys(settings: {
  SECRETS_PUBLIC_KEYS?: string | undefined;
  SECRETS_PRIVATE_KEYS: readonly string[];
}): Promise<SecretKeys> {
  const name = 'SECRETS_PRIVATE_KEYS';
  const texts = await Promise.all(settings.SECRETS_PRIVATE_KEYS.map((path) => textOf(path, name)));
  const opening = texts.flatMap((text) => parsePrivateKeys(text, name));
  const published = await readPublicKeys(settings.SECRETS_PUBLIC_KEYS);
  const missing = published.find(({ kid }) => opening.every((key) => key.kid !== kid));
  if (missing) {
    throw new AppError(
      'INVALID_CONFIG',
      `${name}: expected the private part of every key in SECRETS_PUBLIC_KEYS, missing ${missing.kid}`,
    );
  }
  return { sealing: published.length > 0 ? published : opening.map(publicPart), opening };
}

async function textOf(path: string, name: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new AppError('INVALID_CONFIG', `${name}: expected a readable file at ${path}`, {
      cause,
    });
  }
}
