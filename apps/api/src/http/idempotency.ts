import { type AcceptedSession, idempotencyKeySchema, toInfo } from '@baton/core/internal';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';

/** The headers of a call that makes a session. */
export const idempotencyHeaders = z.looseObject({
  'idempotency-key': idempotencyKeySchema.exactOptional(),
});

/** What stands between a caller's key and another caller's of the same words. */
export function tenantOf(request: Pick<FastifyRequest, 'caller'>): string {
  return request.caller.tenant;
}

/** Who asks, for the options of a session. */
export function buildCallerOptions({ caller }: Pick<FastifyRequest, 'caller'>): {
  api_key_id?: string;
} {
  return caller.keyId === null ? {} : { api_key_id: caller.keyId };
}

/** The idempotency of a request, for the options of its session. */
export function idempotencyOf(
  request: FastifyRequest<{ Headers: { 'idempotency-key'?: string } }>,
): { idempotency_key?: string; tenant?: string } {
  const key = request.headers['idempotency-key'];
  return key === undefined ? {} : { idempotency_key: key, tenant: tenantOf(request) };
}

/** Answers 202 with the session, where it is to be read, and whether its key had made it before. */
export function answerAccepted(reply: FastifyReply, { session, replayed }: AcceptedSession) {
  if (replayed) reply.header('idempotency-replayed', 'true');
  return reply.code(202).header('location', `/v1/sessions/${session.id}`).send(toInfo(session));
}
