import { defined } from '../schema/defined.ts';
import type { Session } from '../session/session.ts';
import type { Job } from './job.ts';

/** The fields of a session from which its job is built. */
export const JOB_FIELDS = [
  'id',
  'run_id',
  'kind',
  'query',
  'created_at',
  'priority',
  'not_before',
  'title',
  'parent_session_id',
  'requires',
] as const satisfies (keyof Session)[];

/** The fields of a session that its job needs. */
export type JobSource = Pick<Session, (typeof JOB_FIELDS)[number]>;

/**
 * Returns a job for a session that has a document. A worker reads the document, not the payload, so the job carries
 * only what the schema requires, and no secret returns to Redis.
 */
export function jobOfSession(session: JobSource): Job {
  const envelope = {
    version: 1 as const,
    id: session.id,
    run_id: session.run_id,
    created_at: session.created_at.toISOString(),
    priority: session.priority,
    ...defined({
      not_before: session.not_before?.toISOString(),
      title: session.title,
      requires: session.requires,
    }),
  };
  if (session.kind === 'continue' && session.parent_session_id !== undefined) {
    return {
      ...envelope,
      kind: 'continue',
      parent_session_id: session.parent_session_id,
      overrides: { query: session.query },
    };
  }
  return { ...envelope, kind: 'launch', config: { query: session.query } };
}
