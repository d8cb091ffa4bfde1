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

/** SHA-256 (hex) over the request as it was sent: same words, same hash, whatever the ids and times. */
export function configHash(job: Job): string {
  return job.config_hash ?? requestHash(job);
}

/** The same over a payload that may be no job at all. */
export function requestHash(payload: Record<string, unknown>): string {
  const {
    id: _id,
    run_id: _runId,
    created_at: _createdAt,
    config_hash: _configHash,
    // An old and a new key of one tenant may say the same, and limits come and go.
    api_key_id: _apiKeyId,
    limits: _limits,
    // A newer version may add a word for the same request.
    requires: _requires,
    ...request
  } = payload;
  return createHash('sha256')
    .update(JSON.stringify(canonical(request)))
    .digest('hex');
}
