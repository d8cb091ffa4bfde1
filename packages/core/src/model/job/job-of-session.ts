import { defined } from '../schema/defined.ts';
import type { Session } from '../session/session.ts';
import type { Job } from './job.ts';

/** What of a session its job is made from. */
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

/** As much of a session as its job needs. */
export type JobSource = Pick<Session, (typeof JOB_FIELDS)[number]>;

/**
 * A job for a session that has a document. The document wins over the payload, so it carries no more of
 * the config than the schema asks for, and no secret goes into Redis again.
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
