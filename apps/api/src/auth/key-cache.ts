import {
  isSecretOf,
  type KeyStore,
  type Logger,
  parseKeyText,
  type StoredKey,
} from '@baton/core/internal';
import { buildCaller, type Caller } from './caller.ts';

/** Finds the callers of API keys, and remembers the keys for a few seconds. */
export interface KeyCache {
  /**
   * Finds the caller by the text of a key. Resolves to null if the key is unknown or revoked.
   * Throws while MongoDB is down.
   */
  identify(text: string): Promise<Caller | null>;
  /**
   * Finds the caller by the id of a key. Logins need this, because they do not hold the key's text.
   * Resolves to null if the key is unknown or revoked. Throws while MongoDB is down.
   */
  recall(id: string): Promise<Caller | null>;
}

/** How long a key is remembered, in milliseconds. A revocation takes effect within this time. */
export const KEY_TRUSTED_MS = 5_000;

const REMEMBERED_MAX = 1_000;

interface Remembered {
  read: Promise<StoredKey | null>;
  until: number;
  isUseNoted: boolean;
}

/**
 * Creates a cache over a store of keys. It reads each key at most once in `trustedMs` milliseconds.
 */
export function createKeyCache(
  keys: Pick<KeyStore, 'find' | 'noteUse'>,
  log: Logger,
  trustedMs = KEY_TRUSTED_MS,
): KeyCache {
  const remembered = new Map<string, Remembered>();

  function remember(id: string): Remembered {
    const now = performance.now();
    const cached = remembered.get(id);
    if (cached && cached.until > now) return cached;
    const entry = { read: keys.find(id), until: now + trustedMs, isUseNoted: false };
    remembered.delete(id);
    remembered.set(id, entry);
    // A Map keeps insertion order, so the first entry is the oldest.
    const [oldest] = remembered.keys();
    if (remembered.size > REMEMBERED_MAX && oldest !== undefined) remembered.delete(oldest);
    // The cache remembers only keys that were found. A missing key may be created later, and a
    // failed read may succeed later.
    const forget = () => {
      if (remembered.get(id) === entry) remembered.delete(id);
    };
    entry.read.then((found) => found ?? forget(), forget);
    return entry;
  }

  async function findCaller(
    id: string,
    isMeant: (stored: StoredKey) => boolean,
  ): Promise<Caller | null> {
    const entry = remember(id);
    const stored = await entry.read;
    if (!stored || stored.key.revoked_at || !isMeant(stored)) return null;
    if (!entry.isUseNoted) {
      entry.isUseNoted = true;
      keys
        .noteUse(id)
        .catch((error) => log.debug({ err: error }, 'could not store the last use of a key'));
    }
    return buildCaller(stored.key);
  }

  return {
    async identify(text) {
      const shown = parseKeyText(text);
      return shown && findCaller(shown.id, ({ hash }) => isSecretOf(shown.secret, hash));
    },
    recall: (id) => findCaller(id, () => true),
  };
}
