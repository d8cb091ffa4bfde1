// Who may call this server at all.
import type { LoginStore } from '@baton/core/internal';
import type { KeyCache } from './key-cache.ts';

/** Where keys and logins are looked up. */
export interface Keys {
  cache: KeyCache;
  logins: LoginStore;
}

/** Who may call: holders of keys, or anyone who reaches the loopback address. */
export type Auth = { kind: 'none' } | ({ kind: 'keys' } & Keys);
