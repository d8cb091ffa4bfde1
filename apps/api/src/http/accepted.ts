import { type AcceptedSession, toLaunchAnswer } from '@baton/core/internal';
import type { FastifyReply } from 'fastify';

/**
 * Answers 202 with the session and its address. The header `idempotency-replayed` says that an
 * earlier request with this idempotency key created the session.
 */
export function answerAccepted(reply: FastifyReply, accepted: AcceptedSession) {
  const { session, replayed } = accepted;
  if (replayed) reply.header('idempotency-replayed', 'true');
  return reply
    .code(202)
    .header('location', `/v1/sessions/${session.id}`)
    .send(toLaunchAnswer(accepted));
}
