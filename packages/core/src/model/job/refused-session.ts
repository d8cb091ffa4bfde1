import type { z } from 'zod';
import { jobOptionsSchema } from '../config/session-options.ts';
import { type AppError, isAppError } from '../errors/app-error.ts';
import { cutText } from '../schema/cut-text.ts';
import { defined } from '../schema/defined.ts';
import { idSchema } from '../schema/id.ts';
import { recordOf } from '../schema/json-parts.ts';
import { isTooDeep, parseInput } from '../schema/parse-input.ts';
import { timeSchema } from '../schema/time.ts';
import type { Session } from '../session/session.ts';
import { requestHash } from './config-hash.ts';
import { JOB_MAX_BYTES } from './job.ts';
import { blankSession } from './new-session.ts';

// The fields that are kept from a refused payload. Each field is kept only if it is valid. `not_before` is left out,
// because a failed session has no start to wait for.
const KEPT_FIELDS = {
  run_id: idSchema,
  parent_session_id: idSchema,
  rerun_of: idSchema,
  title: jobOptionsSchema.shape.title,
  tags: jobOptionsSchema.shape.tags,
  metadata: jobOptionsSchema.shape.metadata,
  priority: jobOptionsSchema.shape.priority,
  concurrency_key: jobOptionsSchema.shape.concurrency_key,
  schedule_id: idSchema,
  api_key_id: jobOptionsSchema.shape.api_key_id,
};

/**
 * Returns the document of a job that cannot be accepted: a failed session with the valid fields of the payload. The
 * session is never `queued`, not even for a moment, so no worker can run an incomplete request.
 */
export function refusedSession(
  found: { id: string; data: unknown; timestamp: number },
  error: AppError,
): Session {
  const data = recordOf(found.data);
  const createdAt = new Date(valid(timeSchema, data['created_at']) ?? found.timestamp);
  const present = Object.entries(KEPT_FIELDS)
    .map(([key, schema]) => [key, valid<unknown>(schema, data[key])])
    .filter(([, value]) => value !== undefined);
  const query = [recordOf(data['config'])['query'], recordOf(data['overrides'])['query']].find(
    (value) => typeof value === 'string',
  );
  const config = { query: cutText(query ?? '', JOB_MAX_BYTES) };
  return {
    ...blankSession(),
    attempts: [],
    status: 'failed',
    error: error.message,
    failure: {
      code: error.code,
      message: error.message,
      retryable: false,
      attempt: 0,
      at: createdAt,
      ...defined({ field: error.details?.field }),
    },
    id: found.id,
    run_id: found.id,
    kind: data['kind'] === 'continue' ? 'continue' : 'launch',
    start_time: createdAt,
    end_time: createdAt,
    created_at: createdAt,
    updated_at: createdAt,
    query: config.query,
    config,
    config_hash: isTooDeep(data) ? '' : requestHash(data),
    root_session_id: found.id,
    priority: 0,
    ...Object.fromEntries(present),
    webhooks_due: [{ type: 'session.failed', attempt: 0, at: createdAt }],
  };
}

function valid<T>(schema: z.ZodType<T>, value: unknown): T | undefined {
  try {
    return parseInput(schema, value);
  } catch (error) {
    if (!isAppError(error)) throw error;
    return undefined;
  }
}
