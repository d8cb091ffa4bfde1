import { v5, version } from 'uuid';
import { z } from 'zod';
import { AppError } from '../errors/app-error.ts';
import type { Session } from '../session/session.ts';
import { configHash } from './config-hash.ts';
import type { Job } from './job.ts';

// Drawn once, and part of the contract from then on: with another one, old keys would make new sessions.
const NAMESPACE = '6f1c1f0e-5d0a-4c53-9b64-0a6f3d1f7c2e';

/** A word of the caller's that makes saying a thing twice one session. */
export const idempotencyKeySchema = z
  .string()
  .min(1)
  .max(255)
  .describe('The same key and the same request: the same session, for as long as it is kept.');

/** A session that was asked for; `replayed` where its idempotency key had made it before. */
export interface AcceptedSession {
  session: Session;
  replayed: boolean;
}

/** The tenant of callers that name none. */
export const DEFAULT_TENANT = 'default';

/** The id of the session that this caller's key stands for: the same two always give the same one. */
export function idOfKey(tenant: string, key: string): string {
  return v5(JSON.stringify([tenant, key]), NAMESPACE);
}

/** Says whether an id may be a key's, and so be given again after its session was deleted. */
export function isOfKey(id: string): boolean {
  return version(id) === 5;
}

/** Throws IDEMPOTENCY_CONFLICT where the session under a key was made from another request than this one. */
export function checkSameRequest(stored: Pick<Session, 'id' | 'config_hash'>, job: Job): void {
  if (stored.config_hash === configHash(job)) return;
  throw new AppError(
    'IDEMPOTENCY_CONFLICT',
    'the idempotency key was used with another request; take another key for another session',
    { details: { field: 'idempotency_key', id: stored.id } },
  );
}
