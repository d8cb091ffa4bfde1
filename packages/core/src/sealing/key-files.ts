import { readFile } from 'node:fs/promises';
import { AppError } from '../model/errors/app-error.ts';
import {
  type OpeningKey,
  parsePrivateKeys,
  parsePublicKeys,
  publicPart,
  type SealingKey,
} from './key-set.ts';

/** The keys of a process: the first of `sealing` is the one that is sealed to. */
export interface SecretKeys {
  sealing: SealingKey[];
  opening: OpeningKey[];
}

/** The public keys of the file that SECRETS_PUBLIC_KEYS names; none without it. Throws INVALID_CONFIG. */
export async function readPublicKeys(path: string | undefined): Promise<SealingKey[]> {
  if (path === undefined) return [];
  return parsePublicKeys(await textOf(path, 'SECRETS_PUBLIC_KEYS'), 'SECRETS_PUBLIC_KEYS');
}

/**
 * The keys of a process that opens secrets. Without SECRETS_PUBLIC_KEYS they are sealed to the first of the
 * private keys. Throws INVALID_CONFIG, also where something would be sealed that could not be opened.
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
    throw new AppError('INVALID_CONFIG', `${name}: expected a file that can be read at ${path}`, {
      cause,
    });
  }
}
