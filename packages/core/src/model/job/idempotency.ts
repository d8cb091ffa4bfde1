import { v5, version } from 'uuid';
import { z } from 'zod';
import { AppError } from '../errors/app-error.ts';
import type { MessageStatus } from '../session/message.ts';
import type { Session } from '../session/session.ts';
import { configHash } from './config-hash.ts';
import type { Job } from './job.ts';

// A fixed random UUID that must never change. With another UUID, a request that repeats an
// idempotency key would create a second session.
const NAMESPACE = '6f1c1f0e-5d0a-4c53-9b64-0a6f3d1f7c2e';

// A fixed random UUID that must never change. With another UUID, a repeated request would send its
// message a second time.
const MESSAGE_NAMESPACE = 'b1a0c7de-3f52-4e86-8a4c-92d5e07f6b13';

/** Schema of an idempotency key: the caller chooses it, so that a repeated request does not create a second session. */
export const idempotencyKeySchema = z
  .string()
  .min(1)
  .max(255)
  .describe(
    'Key chosen by the caller. The same key with the same request returns the same session, as long as Baton keeps that session.',
  );

/** An accepted session. `replayed` is true if an earlier request with the same idempotency key created the session. */
export interface AcceptedSession {
  session: Session;
  replayed: boolean;
  /** The message to that session, if the request became a message instead of a new session. */
  message?: { id: string; status: MessageStatus };
}

/** The tenant of callers that name no tenant. */
export const DEFAULT_TENANT = 'default';

/** Returns the session id for a tenant's idempotency key. The same tenant and key always give the same id. */
export function idOfKey(tenant: string, key: string): string {
  return v5(JSON.stringify([tenant, key]), NAMESPACE);
}

/**
 * Returns the id of a message to a session for a tenant's idempotency key. The same tenant, session
 * and key always give the same id.
 */
export function idOfMessageKey(tenant: string, sessionId: string, key: string): string {
  return v5(JSON.stringify([tenant, sessionId, key]), MESSAGE_NAMESPACE);
}

/**
 * Returns whether an id may come from an idempotency key. Such an id may be used again after its session was deleted.
 */
export function isOfKey(id: string): boolean {
  return version(id) === 5;
}

/** Throws IDEMPOTENCY_CONFLICT if the stored session of an idempotency key was made from a different request. */
export function checkSameRequest(stored: Pick<Session, 'id' | 'config_hash'>, job: Job): void {
  if (stored.config_hash === configHash(job)) return;
  throw new AppError(
    'IDEMPOTENCY_CONFLICT',
    'the idempotency key was already used with a different request; use a new key for a new session',
    { details: { field: 'idempotency_key', id: stored.id } },
  );
}
