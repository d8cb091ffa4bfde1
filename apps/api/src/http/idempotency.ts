import { defined, idempotencyKeySchema } from '@baton/core/internal';
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

/**
 * The options that record which API key created a session, if the caller has a key, and whose uploaded files the
 * session may use.
 */
export function buildCallerOptions({ caller }: Pick<FastifyRequest, 'caller'>): {
  api_key_id?: string;
  tenant: string;
} {
  const { keyId, tenant } = caller;
  return { tenant, ...defined({ api_key_id: keyId ?? undefined }) };
}

/**
 * The options that make a repeated request return the same session; empty without an idempotency
 * key.
 */
export function idempotencyOf(
  request: FastifyRequest<{ Headers: { 'idempotency-key'?: string } }>,
): { idempotency_key?: string } {
  const key = request.headers['idempotency-key'];
  return key === undefined ? {} : { idempotency_key: key };
}
