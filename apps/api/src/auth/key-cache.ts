import {
  isSecretOf,
  type KeyStore,
  type Logger,
  parseKeyText,
  type StoredKey,
} from '@baton/core/internal';
import { buildCaller, type Caller } from './caller.ts';

/** The keys that callers show. */
export interface KeyCache {
  /** The caller of this key's text, or null: unknown, wrong or revoked. Throws while MongoDB is away. */
  identify(text: string): Promise<Caller | null>;
  /** The caller of the key of this id, or null; for logins, which hold no key. Throws likewise. */
  recall(id: string): Promise<Caller | null>;
}

/** How long a key that was read is trusted, in milliseconds: a revocation takes effect within it. */
export const KEY_TRUSTED_MS = 5_000;

const REMEMBERED_MAX = 1_000;

interface Remembered {
  read: Promise<StoredKey | null>;
  until: number;
  isUseNoted: boolean;
}

/** The keys of a store, each read once in a few seconds. */
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
    // Insertion order is age: the oldest goes.
    const [oldest] = remembered.keys();
    if (remembered.size > REMEMBERED_MAX && oldest !== undefined) remembered.delete(oldest);
    // Only keys are remembered: what is not there may come, and what failed may mend.
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
      keys.noteUse(id).catch((error) => log.debug({ err: error }, 'use of a key not noted'));
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
