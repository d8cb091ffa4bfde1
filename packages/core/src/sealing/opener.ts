import { type CryptoKey, compactDecrypt, importJWK } from 'jose';
import type { SessionConfig } from '../model/config/session-config.ts';
import { AppError } from '../model/errors/app-error.ts';
import type { Governed } from '../model/policy/policy.ts';
import { replaceSealed, SEALED_PREFIX, sealedIn } from '../model/secrets/sealed-text.ts';
import { parseHeader } from './header.ts';
import { KEY_ALGORITHM, type OpeningKey } from './key-set.ts';
import { mapOpenable } from './openable.ts';

/** Returns whether a value that was sealed for this session may be opened here. */
export type IsOurs = (sessionId: string) => Promise<boolean>;

/**
 * Decrypts values that were sealed with one of the opener's keys. If a value cannot be decrypted, a
 * call throws SECRET_NOT_OPENED, which names the field.
 */
export interface Opener {
  /** Returns each sealed value in the texts of `env`, `settings`, `mcp_config` and agents, with its decrypted text. */
  values(config: Governed, isOurs: IsOurs): Promise<Map<string, string>>;
  /** Returns the config with these values decrypted, and the decrypted texts, which must be removed from output. */
  config(
    config: SessionConfig,
    isOurs: IsOurs,
  ): Promise<{ config: SessionConfig; opened: string[] }>;
}

// A value that a caller sealed without a session has two layers, because Baton seals it again for the session. More
// than four layers are refused.
const MAX_LAYERS = 4;

const OPTIONS = {
  keyManagementAlgorithms: ['ECDH-ES', KEY_ALGORITHM],
  contentEncryptionAlgorithms: ['A128GCM', 'A256GCM', 'A128CBC-HS256', 'A256CBC-HS512'],
};

/** Creates an opener. Without keys it accepts configs without sealed values and refuses all other configs. */
export function createOpener(keys: readonly OpeningKey[]): Opener {
  const imported = Promise.all(
    keys.map(async (jwk) => ({
      kid: jwk.kid,
      key: (await importJWK(jwk, KEY_ALGORITHM)) as CryptoKey,
    })),
  );
  // Every call that decrypts reports a failed import. This handler keeps an early failure from ending the process.
  imported.catch(() => {});

  async function decrypt(sealed: string, field: string, isOurs: IsOurs): Promise<string> {
    const header = parseHeader(sealed);
    if (!header) throw notOpened(field, 'Baton does not accept it as a JWE');
    if (header.session !== undefined && !(await isOurs(header.session))) {
      throw notOpened(field, 'it was sealed for a session of another conversation');
    }
    const candidates = (await imported).filter(
      ({ kid }) => header.kid === undefined || header.kid === kid,
    );
    if (candidates.length === 0) {
      throw notOpened(field, 'it is sealed to a key that this worker does not hold');
    }
    const jwe = sealed.slice(SEALED_PREFIX.length);
    for (const { key } of candidates) {
      const opened = await compactDecrypt(jwe, key, OPTIONS).catch(() => null);
      if (opened) return textOf(opened.plaintext, field);
    }
    throw notOpened(field, 'it was damaged, or encrypted with another key or another algorithm');
  }

  async function valuesOf(config: Governed, isOurs: IsOurs): Promise<Map<string, string>> {
    const values = new Map<string, string>();
    const found: { text: string; field: string }[] = [];
    mapOpenable(config, (text, field) => {
      if (text.includes(SEALED_PREFIX)) found.push({ text, field });
      return text;
    });
    for (const { text, field } of found) await openText(text, field, 0);
    return values;

    async function openText(text: string, field: string, layer: number): Promise<string> {
      if (!text.includes(SEALED_PREFIX)) return text;
      if (layer === MAX_LAYERS)
        throw notOpened(field, `it is sealed more than ${MAX_LAYERS} times`);
      const sealed = sealedIn(text);
      if (sealed.length === 0) throw notOpened(field, 'Baton does not accept it as a JWE');
      for (const one of sealed) {
        if (values.has(one)) continue;
        values.set(one, await openText(await decrypt(one, field, isOurs), field, layer + 1));
      }
      return replaceSealed(text, (one) => values.get(one) ?? '');
    }
  }

  return {
    values: valuesOf,
    async config(config, isOurs) {
      const values = await valuesOf(config, isOurs);
      return {
        config: mapOpenable(config, (text, _field, encode) =>
          replaceSealed(text, (sealed) => encode(values.get(sealed) ?? '')),
        ),
        opened: [...values.values()],
      };
    },
  };
}

function textOf(plaintext: Uint8Array, field: string): string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(plaintext);
  } catch {
    throw notOpened(field, 'it is not UTF-8 text');
  }
  // Environment variables cannot hold a NUL character, and the schemas refuse it, too.
  if (text.includes('\0')) throw notOpened(field, 'it holds a NUL character');
  return text;
}

function notOpened(field: string, reason: string): AppError {
  return new AppError('SECRET_NOT_OPENED', `${field}: the secret cannot be opened: ${reason}`, {
    details: { field },
  });
}
