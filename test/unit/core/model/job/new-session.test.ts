import { AppError, newId } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import {
  type AcceptedJob,
  queuedSession,
} from '../../../../../packages/core/src/model/job/new-session.ts';
import { refusedSession } from '../../../../../packages/core/src/model/job/refused-session.ts';
import { sessionSchema } from '../../../../../packages/core/src/model/session/session.ts';
import {
  makeCompletedSession,
  makeContinueJob,
  makeLaunchJob,
} from '../../../../support/factories.ts';

function accept<T extends ReturnType<typeof makeLaunchJob | typeof makeContinueJob>>(
  job: T,
): AcceptedJob<T> {
  return { ...job, run_id: newId(), created_at: '2026-01-02T03:04:05+01:00' };
}

describe('the session document of a launch', () => {
  const job = accept(
    makeLaunchJob({
      config: { query: 'q', model: 'opus' },
      title: 'T',
      tags: ['a'],
      metadata: { a: 1 },
      priority: 4,
      concurrency_key: 'k',
      not_before: '2026-02-02T03:04:05Z',
    }),
  );
  const session = queuedSession(job, job.config);

  test('fits the schema', () => {
    expect(sessionSchema.strict().parse(session)).toEqual(session);
  });

  test('is queued without attempts, and its id is also the root and Claude session id', () => {
    expect(session).toMatchObject({
      id: job.id,
      run_id: job.run_id,
      status: 'queued',
      kind: 'launch',
      root_session_id: job.id,
      claude_session_id: job.id,
      attempts: [],
      lease: { fence: 0 },
      last_event_seq: 0,
      query: 'q',
      model: 'opus',
      title: 'T',
      tags: ['a'],
      metadata: { a: 1 },
      priority: 4,
      concurrency_key: 'k',
    });
    expect(session.created_at).toEqual(new Date('2026-01-02T02:04:05Z'));
    expect(session.start_time).toEqual(session.created_at);
    expect(session.not_before).toEqual(new Date('2026-02-02T03:04:05Z'));
    expect(session).not.toHaveProperty('parent_session_id');
  });

  test('shares no mutable value with another document', () => {
    const other = queuedSession(accept(makeLaunchJob()), { query: 'q' });
    session.counts.retries += 1;
    session.transcript.files.push({ path: 'x', base: 0, length: 0, sha256: '', generation: 0 });
    expect(other.counts.retries).toBe(0);
    expect(other.transcript.files).toEqual([]);
  });
});

test("the session document of a continue belongs to its parent's conversation", () => {
  const parent = makeCompletedSession({ root_session_id: newId() });
  const job = accept(makeContinueJob(parent.id));
  const session = queuedSession(job, { query: 'go on', model: 'opus' }, parent);
  expect(sessionSchema.strict().parse(session)).toEqual(session);
  expect(session).toMatchObject({
    kind: 'continue',
    parent_session_id: parent.id,
    root_session_id: parent.root_session_id,
    claude_session_id: parent.root_session_id,
    model: 'opus',
  });
});

describe('the session document of a refused job', () => {
  const error = new AppError('INVALID_REQUEST', 'config.model: expected string', {
    details: { field: 'config.model' },
  });
  const timestamp = Date.UTC(2026, 0, 2);
  const refuse = (data: unknown) => refusedSession({ id: newId(), data, timestamp }, error);

  test('has the status failed, the reason and the field', () => {
    const session = refuse({ kind: 'launch', config: { query: 'recover me', model: 5 } });
    expect(session).toMatchObject({
      status: 'failed',
      error: 'config.model: expected string',
      failure: { code: 'INVALID_REQUEST', field: 'config.model', retryable: false, attempt: 0 },
      query: 'recover me',
      config: { query: 'recover me' },
      end_time: new Date(timestamp),
    });
  });

  test('keeps valid fields and leaves out invalid fields', () => {
    const good = {
      kind: 'continue',
      run_id: newId(),
      parent_session_id: newId(),
      title: 'T',
      tags: ['a'],
      metadata: { a: 1 },
      priority: 3,
      concurrency_key: 'k',
    };
    expect(refuse({ ...good, overrides: { query: 'go on' } })).toMatchObject({
      ...good,
      query: 'go on',
    });
    const session = refuse({ run_id: 5, title: [], tags: 'a', metadata: 'x', priority: 'high' });
    expect(session).toMatchObject({ run_id: session.id, priority: 0, kind: 'launch' });
    for (const key of ['title', 'tags', 'metadata']) expect(session).not.toHaveProperty(key);
  });

  test.each<[string, unknown]>([
    ['no payload', undefined],
    ['null', null],
    ['a string', 'launch'],
    ['a list', [1]],
    [
      'an object whose fields are all wrong',
      { config: 5, overrides: 'x', kind: {}, created_at: 'x' },
    ],
    ['hostile nesting', { metadata: JSON.parse(`${'['.repeat(1e5)}${']'.repeat(1e5)}`) }],
    ['a prompt of 3 MiB', { config: { query: 'é'.repeat(1.5 * 1024 * 1024) } }],
    ['an empty query', { config: { query: '' } }],
  ])('can be stored for %s', (_, data) => {
    const session = refuse(data);
    expect(Buffer.byteLength(JSON.stringify(session))).toBeLessThan(3 * 1024 * 1024);
    expect(session.status).toBe('failed');
    expect(Number.isNaN(session.created_at.getTime())).toBe(false);
  });
});
