import { createSessionServices, newId } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { makeCompletedSession, makeLaunchJob, makeSession } from '../../../support/factories.ts';
import { test as base } from '../stores.ts';

const test = base.extend(
  'manager',
  ({ stores, queue }) => createSessionServices({ stores, clock: stores.clock, queue }).manager,
);

test('webhooks are notified at once of a session whose job was refused when the session was read, but not of new sessions', async ({
  queue,
  stores,
}) => {
  const notified: string[] = [];
  const notify = (id: string) => notified.push(id);
  const { manager } = createSessionServices({ stores, clock: stores.clock, queue, notify });
  const refused = makeLaunchJob({ version: 9 as never });
  await queue.bull.add('launch', refused, { jobId: refused.id });
  await manager.launchSession({ query: 'hello' });
  await manager.acceptance.launchMany([{ config: { query: 'hello' } }]);
  expect(await manager.getSessionInfo(refused.id)).toMatchObject({ status: 'failed' });
  expect(notified).toEqual([refused.id]);
});

describe('launchSession', () => {
  test('queues a session that can be read as soon as the call returns', async ({
    manager,
    queue,
  }) => {
    const info = await manager.launchSession(
      { query: 'hello', model: 'opus', env: { TOKEN: 's3cret-token' } },
      { title: 'T', tags: ['x'] },
    );
    expect(info).toMatchObject({
      kind: 'launch',
      status: 'queued',
      query: 'hello',
      model: 'opus',
      title: 'T',
      root_session_id: info.id,
      resumable: false,
    });
    expect(await manager.getSessionInfo(info.id)).toEqual(info);
    expect(await queue.find(info.id)).toMatchObject({ id: info.id });
    expect(JSON.stringify(info)).not.toContain('s3cret');
  });

  test('returns the first session if an id is used twice', async ({ manager }) => {
    const id = newId();
    const first = await manager.launchSession({ query: 'first' }, { id });
    const second = await manager.launchSession({ query: 'second' }, { id });
    expect(second).toEqual(first);
  });

  test('refuses an invalid config and stores nothing', async ({ manager, queue, stores }) => {
    const id = newId();
    await expect(manager.launchSession({ query: 5 as never }, { id })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      details: { field: 'config.query' },
    });
    expect(await queue.find(id)).toBeNull();
    expect(await stores.sessions.get(id)).toBeNull();
  });
});

describe('continueSession', () => {
  test("makes a new session in the parent's conversation", async ({ manager, stores }) => {
    const parent = makeCompletedSession({ config: { query: 'first', model: 'opus' } });
    await stores.sessions.insertIfAbsent(parent);
    const info = await manager.continueSession(
      { parent_session_id: parent.id, query: 'go on' },
      { title: 'Second' },
    );
    expect(info).toMatchObject({
      kind: 'continue',
      status: 'queued',
      parent_session_id: parent.id,
      root_session_id: parent.id,
      query: 'go on',
      model: 'opus',
      title: 'Second',
    });
    expect(info.id).not.toBe(parent.id);
  });

  test('refuses an unknown parent and enqueues nothing', async ({ manager, queue }) => {
    const id = newId();
    const request = { parent_session_id: newId(), query: 'go on' };
    await expect(manager.continueSession(request, { id })).rejects.toMatchObject({
      code: 'PARENT_NOT_FOUND',
      details: { field: 'parent_session_id' },
    });
    expect(await queue.find(id)).toBeNull();
  });

  test.for(['queued', 'starting', 'running'] as const)(
    'refuses a %s parent as not terminal',
    async (status, { manager, stores }) => {
      const parent = makeCompletedSession({ status });
      await stores.sessions.insertIfAbsent(parent);
      await expect(
        manager.continueSession({ parent_session_id: parent.id, query: 'go on' }),
      ).rejects.toMatchObject({ code: 'SESSION_NOT_TERMINAL', details: { status } });
    },
  );

  test('refuses a parent that is only in the queue as not terminal', async ({ manager, queue }) => {
    const job = makeLaunchJob();
    await queue.add(job);
    await expect(
      manager.continueSession({ parent_session_id: job.id, query: 'go on' }),
    ).rejects.toMatchObject({ code: 'SESSION_NOT_TERMINAL' });
  });

  test('refuses a parent without a transcript as not resumable', async ({ manager, stores }) => {
    const parent = makeSession({ status: 'failed' });
    await stores.sessions.insertIfAbsent(parent);
    await expect(
      manager.continueSession({ parent_session_id: parent.id, query: 'go on' }),
    ).rejects.toMatchObject({ code: 'PARENT_NOT_RESUMABLE' });
  });

  test('refuses another repository than that of its conversation', async ({ manager, stores }) => {
    const url = 'https://git.example.com/acme/x.git';
    const base = { url, ref: 'main', commit: 'a'.repeat(40) };
    const workspace = { type: 'managed' as const, path: '/srv/baton/x', fence: 1, portable: true };
    const [cloned, plain] = [
      makeCompletedSession({ workspace: { ...workspace, base } }),
      makeCompletedSession({ workspace }),
    ];
    for (const parent of [cloned, plain]) await stores.sessions.insertIfAbsent(parent);
    const next = (parent: { id: string }, other: string) =>
      manager.continueSession({
        parent_session_id: parent.id,
        query: 'go on',
        workspace: { type: 'git', url: other },
      });
    const refused = { code: 'INVALID_REQUEST', details: { field: 'workspace.url' } };
    await expect(next(cloned, `${url}-other`)).rejects.toMatchObject(refused);
    await expect(next(plain, url)).rejects.toMatchObject(refused);
    await expect(next(cloned, url)).resolves.toBeDefined();
  });

  test('refuses an invalid override and names the field', async ({ manager }) => {
    const request = { parent_session_id: newId(), query: 'go on', model: 5 as never };
    await expect(manager.continueSession(request)).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      details: { field: 'model' },
    });
  });
});

describe('getSessionInfo', () => {
  test('returns a session that is still only a job', async ({ manager, queue }) => {
    const job = makeLaunchJob({ title: 'straight into the queue' });
    await queue.add(job);
    expect(await manager.getSessionInfo(job.id)).toMatchObject({
      id: job.id,
      status: 'queued',
      title: 'straight into the queue',
    });
  });

  test('returns the config only on request, without its secrets', async ({ manager }) => {
    const env = { TOKEN: 's3cret-token' };
    const { id } = await manager.launchSession({ query: 'hello', env });
    expect(await manager.getSessionInfo(id)).not.toHaveProperty('config');
    expect((await manager.getSessionInfo(id, ['config'])).config).toEqual({
      query: 'hello',
      env: { TOKEN: '[redacted]' },
    });
    expect((await manager.getSession(id)).config.env).toEqual(env);
  });

  test('fails as SESSION_NOT_FOUND for an unknown id', async ({ manager }) => {
    const id = newId();
    await expect(manager.getSessionInfo(id)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
    await expect(manager.getSession(id)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
  });
});

describe('listSessions', () => {
  test('returns pages of Infos, newest first, filtered as requested', async ({ manager }) => {
    const tags = [newId()];
    const infos = [];
    for (const query of ['a', 'b', 'c'])
      infos.push(await manager.launchSession({ query }, { tags }));
    const newestFirst = infos.sort((a, b) =>
      a.created_at === b.created_at
        ? Number(a.id < b.id) - Number(a.id > b.id)
        : Number(a.created_at < b.created_at) - Number(a.created_at > b.created_at),
    );
    const filter = { tag: tags[0] ?? '' };
    expect(await manager.listSessions(filter)).toEqual({ sessions: newestFirst });
    const first = await manager.listSessions({ ...filter, limit: 2 });
    expect(first.sessions).toEqual(newestFirst.slice(0, 2));
    const rest = await manager.listSessions({ ...filter, cursor: first.next_cursor ?? '' });
    expect(rest).toEqual({ sessions: newestFirst.slice(2) });
  });

  test('returns fifty sessions a page by default', async ({ manager, stores }) => {
    const tag = newId();
    await Promise.all(
      Array.from({ length: 51 }, () =>
        stores.sessions.insertIfAbsent(makeSession({ tags: [tag] })),
      ),
    );
    const page = await manager.listSessions({ tag });
    expect(page.sessions).toHaveLength(50);
    expect(page.next_cursor).toBeDefined();
  });
});
