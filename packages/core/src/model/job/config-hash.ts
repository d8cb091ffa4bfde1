import { createHash } from 'node:crypto';
import type { Job } from './job.ts';

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, canonical(item)]),
  );
}

/**
 * Returns the SHA-256 (hex) of the request as the caller sent it. Equal requests have equal hashes, even if their ids
 * and times differ.
 */
export function configHash(job: Job): string {
  return job.config_hash ?? requestHash(job);
}

/** Returns the same hash as `configHash`, also for a payload that is not a valid job. */
export function requestHash(payload: Record<string, unknown>): string {
  const {
    id: _id,
    run_id: _runId,
    created_at: _createdAt,
    config_hash: _configHash,
    // The hash leaves these fields out: callers with different keys of one tenant may send the same
    // request, and an operator may change limits before the request is repeated.
    api_key_id: _apiKeyId,
    limits: _limits,
    // The hash leaves this field out, because a newer version may require a feature word for the
    // same request.
    requires: _requires,
    ...request
  } = payload;
  return createHash('sha256')
    .update(JSON.stringify(canonical(request)))
    .digest('hex');
}
