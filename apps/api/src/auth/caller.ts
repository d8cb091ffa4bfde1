import { type ApiKey, DEFAULT_TENANT, SCOPES, type Scope } from '@baton/core/internal';

/** Who makes a request, and what it may do. */
export interface Caller {
  /** The id of its key; null where none is needed or none was shown. */
  keyId: string | null;
  /** Keys of one tenant are one caller to idempotency and limits. */
  tenant: string;
  scopes: readonly Scope[];
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Who makes this request; set before any handler runs. */
    caller: Caller;
  }
}

/** A caller that showed no key and may do nothing that needs a scope. */
export const NOBODY: Caller = { keyId: null, tenant: DEFAULT_TENANT, scopes: [] };

/** Whoever reaches an API that asks for no keys. */
export const ANYONE: Caller = { keyId: null, tenant: DEFAULT_TENANT, scopes: SCOPES };

/** The caller that a key stands for. */
export function buildCaller({ id, tenant, scope }: ApiKey): Caller {
  return { keyId: id, tenant, scopes: SCOPES.slice(0, SCOPES.indexOf(scope) + 1) };
}
