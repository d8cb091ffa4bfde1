import { type Event, infoSchema, newId, type Session } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { type Api, countJobs, test } from '../../../support/api.ts';
import { makeCompletedSession, makeContinueJob, makeSession } from '../../../support/factories.ts';

const UUID = newId();
const LINES = [
  { type: 'system', subtype: 'init', uuid: newId() },
  { type: 'assistant', uuid: UUID, parent_tool_use_id: null },
  { type: 'user', uuid: newId(), parent_tool_use_id: 'toolu_1' },
  { type: 'assistant', uuid: newId(), parent_tool_use_id: null },
];

/** Stores a session with the events of LINES; the last of them is superseded. */
async function store(api: Api, session: Session): Promise<Session> {
  const last_event_seq = LINES.length;
  const stored = { ...session, last_event_seq, superseded: [{ from: 4, to: 4 }] };
  await api.stores.events.insert(
    LINES.map(
      (line, index): Event => ({
        session_id: session.id,
        seq: index + 1,
        attempt: 1,
        fence: 1,
        type: line.type,
        created_at: new Date(),
        raw: JSON.stringify(line),
      }),
    ),
  );
  return api.stores.sessions.insertIfAbsent(stored);
}

const post = (api: Api, parent: Session, payload: object, headers = {}) =>
  api.app.inject({ method: 'POST', url: `/v1/sessions/${parent.id}/continue`, payload, headers });

describe('a continue with `at`', () => {
  test('stores the place of that event, and needs a worker that knows `at`', async ({ api }) => {
    const parent = await store(api, makeCompletedSession());
    const answer = await post(api, parent, { query: 'another way', at: 2 });
    expect(answer.statusCode).toBe(202);
    const info = infoSchema.parse(answer.json());
    expect(info).toMatchObject({ parent_session_id: parent.id, continues_at: 2 });
    expect(await api.stores.sessions.get(info.id)).toMatchObject({
      continues_at: { seq: 2, uuid: UUID },
      requires: ['continue_at'],
    });
    expect((await api.queue.find(info.id))?.data).toMatchObject({
      at: 2,
      requires: ['continue_at'],
    });
  });

  test('is a different request than a continue from the end of the parent', async ({ api }) => {
    const parent = await store(api, makeCompletedSession());
    const headers = { 'idempotency-key': newId() };
    const first = await post(api, parent, { query: 'q', at: 2 }, headers);
    const again = await post(api, parent, { query: 'q', at: 2 }, headers);
    expect(again.json()).toEqual(first.json());
    const other = await post(api, parent, { query: 'q' }, headers);
    expect(other.json().error.code).toBe('IDEMPOTENCY_CONFLICT');
  });

  test.for([
    [5, 'EVENT_NOT_FOUND', 404],
    [4_000_000_000, 'EVENT_NOT_FOUND', 404],
    [1, 'EVENT_NOT_IN_TRANSCRIPT', 409],
    [3, 'EVENT_NOT_IN_TRANSCRIPT', 409],
    [4, 'EVENT_NOT_IN_TRANSCRIPT', 409],
    [0, 'INVALID_REQUEST', 400],
    ['2', 'INVALID_REQUEST', 400],
  ] as const)('of %j is refused as %s', async ([at, code, status], { api }) => {
    const parent = await store(api, makeCompletedSession());
    const jobs = await countJobs(api);
    const answer = await post(api, parent, { query: 'q', at });
    expect(answer.json()).toMatchObject({ error: { code, details: { field: 'at' } } });
    expect(answer.statusCode).toBe(status);
    expect(await countJobs(api)).toBe(jobs);
  });

  test('waits for a parent that runs', async ({ api }) => {
    const lease = { fence: 1, owner: 'w', expires_at: new Date(Date.now() + 60_000) };
    const parent = await store(api, makeSession({ status: 'running', lease }));
    const answer = await post(api, parent, { query: 'q', at: 2, on_busy: 'enqueue' });
    expect(answer.json()).toMatchObject({ waiting_for: 'parent', continues_at: 2 });
    const unknown = await post(api, parent, { query: 'q', at: 9, on_busy: 'enqueue' });
    expect(unknown.json().error.code).toBe('EVENT_NOT_FOUND');
  });

  test('from a job gets the place when it is adopted, or fails with the reason', async ({
    api,
  }) => {
    const parent = await store(api, makeCompletedSession());
    const job = makeContinueJob(parent.id, { at: 2, requires: ['continue_at'] });
    const bad = makeContinueJob(parent.id, { at: 3, requires: ['continue_at'] });
    for (const one of [job, bad]) await api.queue.add(one);
    expect(await api.manager.getSession(job.id)).toMatchObject({
      status: 'queued',
      continues_at: { seq: 2, uuid: UUID },
    });
    expect(await api.manager.getSession(bad.id)).toMatchObject({
      status: 'failed',
      failure: { code: 'EVENT_NOT_IN_TRANSCRIPT', field: 'at' },
    });
  });

  test('shows the conversation without the events after that event', async ({ api }) => {
    const parent = await store(api, makeCompletedSession());
    const { id } = (await post(api, parent, { query: 'q', at: 2 })).json();
    const page = await api.app.inject({ url: `/v1/sessions/${id}/conversation` });
    expect(page.json().events.map(({ seq }: { seq: number }) => seq)).toEqual([1, 2]);
    const end = (await post(api, parent, { query: 'q' })).json();
    const whole = await api.app.inject({ url: `/v1/sessions/${end.id}/conversation` });
    expect(whole.json().events.map(({ seq }: { seq: number }) => seq)).toEqual([1, 2, 3]);
  });
});
