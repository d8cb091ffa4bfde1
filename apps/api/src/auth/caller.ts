import { type ApiKey, DEFAULT_TENANT, SCOPES, type Scope } from '@baton/core/internal';

/** The caller of a request, and its scopes. */
export interface Caller {
  /** The id of the caller's API key; null if the API requires no keys or the caller sent no key. */
  keyId: string | null;
  /** The tenant of the caller's key. The keys of one tenant share their idempotency keys. */
  tenant: string;
  scopes: readonly Scope[];
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The caller of this request; set before any handler runs. */
    caller: Caller;
  }
}

/** A caller that sent no key. Such a caller has no scopes. */
export const NOBODY: Caller = { keyId: null, tenant: DEFAULT_TENANT, scopes: [] };

/** The caller of an API that requires no keys. Such a caller has all scopes. */
export const ANYONE: Caller = { keyId: null, tenant: DEFAULT_TENANT, scopes: SCOPES };

/** Builds the caller of a key. A scope includes the scopes that come before it in SCOPES. */
export function buildCaller({ id, tenant, scope }: ApiKey): Caller {
  return { keyId: id, tenant, scopes: SCOPES.slice(0, SCOPES.indexOf(scope) + 1) };
}
