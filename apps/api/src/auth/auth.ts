import type { LoginStore } from '@baton/core/internal';
import type { KeyCache } from './key-cache.ts';

/** The key cache and the login store, which authenticate callers. */
export interface Keys {
  cache: KeyCache;
  logins: LoginStore;
}

/**
 * How callers are authenticated: by API keys, or not at all (any caller on the loopback address).
 */
export type Auth = { kind: 'none' } | ({ kind: 'keys' } & Keys);
