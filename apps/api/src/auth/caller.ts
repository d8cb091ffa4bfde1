import { type ApiKey, DEFAULT_TENANT, SCOPES, type Scope } from '@baton/core/internal';

/** The caller of a request, and its scopes. */
export interface Caller {
  /** The id of its API key; null if the API asks for no keys or the caller sent none. */
  keyId: string | null;
  /** The tenant of its key. The keys of one tenant share their idempotency keys. */
  tenant: string;
  scopes: readonly Scope[];
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The caller of this request; set before any handler runs. */
    caller: Caller;
  }
}

/** A caller that sent no key, so it has no scopes. */
export const NOBODY: Caller = { keyId: null, tenant: DEFAULT_TENANT, scopes: [] };

/** Any caller of an API that asks for no keys; it has all scopes. */
export const ANYONE: Caller = { keyId: null, tenant: DEFAULT_TENANT, scopes: SCOPES };

/** Builds the caller of a key. A scope includes the scopes before it. */
export function buildCaller({ id, tenant, scope }: ApiKey): Caller {
  return { keyId: id, tenant, scopes: SCOPES.slice(0, SCOPES.indexOf(scope) + 1) };
}
