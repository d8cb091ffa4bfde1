import { idempotencyKeySchema } from '@baton/core/internal';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';

/** The headers of a request that creates a session. */
export const idempotencyHeaders = z.looseObject({
  'idempotency-key': idempotencyKeySchema.exactOptional(),
});

/** The caller's tenant: two tenants may use the same idempotency key for different sessions. */
export function tenantOf(request: Pick<FastifyRequest, 'caller'>): string {
  return request.caller.tenant;
}

/** The option that records which API key created a session; empty if the caller has no key. */
export function buildCallerOptions({ caller }: Pick<FastifyRequest, 'caller'>): {
  api_key_id?: string;
} {
  return caller.keyId === null ? {} : { api_key_id: caller.keyId };
}

/**
 * The options that make a repeated request return the same session; empty without an idempotency
 * key.
 */
export function idempotencyOf(
  request: FastifyRequest<{ Headers: { 'idempotency-key'?: string } }>,
): { idempotency_key?: string; tenant?: string } {
  const key = request.headers['idempotency-key'];
  return key === undefined ? {} : { idempotency_key: key, tenant: tenantOf(request) };
}
