import { jobOfSession, jobSchema, newId } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import {
  makeChild,
  makeCompletedSession,
  makeFullConfig,
  makeSession,
} from '../../../../support/factories.ts';

describe('a job made from a session document', () => {
  test('fits the job schema and keeps the priority and the start time', () => {
    const not_before = new Date('2030-01-01T00:00:00Z');
    const session = makeSession({ priority: 7, not_before, title: 'a title', run_id: newId() });
    const job = jobOfSession(session);
    expect(jobSchema.parse(job)).toEqual(job);
    expect(job).toMatchObject({
      version: 1,
      kind: 'launch',
      id: session.id,
      run_id: session.run_id,
      created_at: session.created_at.toISOString(),
      priority: 7,
      not_before: not_before.toISOString(),
      title: 'a title',
    });
  });

  test('names the parent if the session is a continue', () => {
    const parent = makeCompletedSession();
    const child = makeChild(parent, { query: 'go on' });
    const job = jobOfSession(child);
    expect(jobSchema.parse(job)).toEqual(job);
    expect(job).toMatchObject({
      kind: 'continue',
      parent_session_id: parent.id,
      overrides: { query: 'go on' },
    });
  });

  test('carries no secret, because the worker reads the config from the document', () => {
    const config = makeFullConfig();
    const job = JSON.stringify(jobOfSession(makeSession({ config, query: config.query })));
    expect(job).not.toContain('s3cret');
  });
});
