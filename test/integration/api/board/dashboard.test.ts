import { createHash } from 'node:crypto';
import { describe, expect } from 'vitest';
import { countJobs, test } from '../../../support/api.ts';
import {
  makeChild,
  makeCompletedSession,
  makeLaunchJob,
  makeSession,
} from '../../../support/factories.ts';

describe('the dashboard at /queues', () => {
  test('shows each job without its secrets and links it to its session', async ({ api }) => {
    const job = makeLaunchJob({
      title: 'Look at me',
      config: { query: 'hi', env: { A: 'hidden' } },
    });
    await api.queue.add(job);
    const page = await api.app.inject({ url: '/queues' });
    expect(page.statusCode).toBe(200);
    expect(page.headers['content-type']).toContain('text/html');
    const answer = await api.app.inject({ url: `/queues/api/queues/sessions/${job.id}` });
    expect(answer.json()).toMatchObject({
      status: 'waiting',
      job: {
        id: job.id,
        name: 'Look at me',
        data: { title: 'Look at me', config: { query: 'hi', env: { A: '[redacted]' } } },
        externalUrl: { href: `/sessions/${job.id}` },
      },
    });
  });

  test('serves its own scripts, and its CSP allows content only from its own origin', async ({
    api,
  }) => {
    const page = await api.app.inject({ url: '/queues/' });
    expect(page.headers['content-security-policy']).toContain("default-src 'self'");
    const scripts = [...page.body.matchAll(/<script defer src="([^"]+)"/g)].map(([, src]) => src);
    expect(scripts.length).toBeGreaterThan(0);
    for (const src of scripts) {
      expect((await api.app.inject({ url: `/queues/${src}` })).statusCode).toBe(200);
    }
  });

  test.for([
    ['PUT', '/queues/pause'],
    ['PUT', '/queues/resume'],
    ['POST', '/queues/sessions/add'],
    ['PUT', '/queues/sessions/pause'],
    ['PUT', '/queues/sessions/empty'],
    ['PUT', '/queues/sessions/obliterate'],
    ['PUT', '/queues/sessions/retry/failed'],
    ['PUT', '/queues/sessions/clean/completed'],
    ['PUT', '/queues/sessions/promote'],
    ['PUT', '/queues/sessions/concurrency'],
    ['PUT', '/queues/sessions/JOB/retry'],
    ['PUT', '/queues/sessions/JOB/clean'],
    ['PUT', '/queues/sessions/JOB/promote'],
    ['PATCH', '/queues/sessions/JOB/update-data'],
    ['PATCH', '/queues/sessions/JOB/delay'],
    ['PATCH', '/queues/sessions/JOB/priority'],
  ] as const)('answers %s %s with 405 and changes nothing', async ([method, path], { api }) => {
    const job = makeLaunchJob();
    await api.queue.add(job);
    const before = await countJobs(api);
    const answer = await api.app.inject({
      method,
      url: `/queues/api${path.replace('JOB', job.id)}`,
      payload: { data: {}, jobData: {}, delay: 1, priority: 1 },
    });
    expect(answer.statusCode, answer.body).toBe(405);
    expect(await countJobs(api)).toBe(before);
    expect((await api.queue.find(job.id))?.data).toEqual(job);
    expect(await api.queue.bull.isPaused()).toBe(false);
  });
});

describe('a job on the dashboard', () => {
  const LIST = '/queues/api/queues?activeQueue=sessions&status=latest&page=1&jobsPerPage=1000';

  test('is named by title, status and cost, or by its query if it has no session yet', async ({
    api,
  }) => {
    const done = makeLaunchJob({ title: 'Fix the build' });
    const waits = makeLaunchJob({ config: { query: 'Write\na haiku' } });
    await api.queue.add(done);
    await api.queue.add(waits);
    const session = makeCompletedSession({ id: done.id, title: 'Fix the build' });
    await api.stores.sessions.insertIfAbsent({
      ...session,
      totals: { ...session.totals, cost_usd: 0.1234, num_turns: 3 },
    });
    const { queues } = (await api.app.inject({ url: LIST })).json();
    const named = new Map(queues[0].jobs.map((job: { id: string }) => [job.id, job]));
    expect(named.get(done.id)).toMatchObject({
      name: 'Fix the build · completed · $0.1234',
      returnValue: { status: 'completed', cost_usd: 0.1234, num_turns: 3 },
      externalUrl: { href: `/sessions/${done.id}` },
    });
    expect(named.get(waits.id)).toMatchObject({ name: 'Write a haiku' });
  });

  test('shows no invalid payload, option, log or progress that another client wrote', async ({
    api,
  }) => {
    const { id } = makeLaunchJob();
    await api.queue.bull.add('s3cret-name', { config: 's3cret', note: 's3cret' }, {
      jobId: id,
      extra: 's3cret',
    } as never);
    const job = await api.queue.bull.getJob(id);
    await job?.log('s3cret');
    await job?.updateProgress({ at: 's3cret' });
    for (const url of [
      LIST,
      ...['', '/logs', '/flow'].map((to) => `/queues/api/queues/sessions/${id}${to}`),
    ]) {
      const answer = await api.app.inject({ url });
      expect(answer.statusCode).toBe(200);
      expect(answer.body.replaceAll('s3cret-name', ''), url).not.toContain('s3cret');
    }
  });

  test('is listed on a page of at most a hundred jobs', async ({ api }) => {
    const jobs = Array.from({ length: 120 }, () => makeLaunchJob());
    await Promise.all(jobs.map((job) => api.queue.add(job)));
    const { queues } = (await api.app.inject({ url: LIST })).json();
    expect(queues[0].jobs.length).toBeLessThanOrEqual(100);
  });
});

describe('the session pages', () => {
  test('list sessions by status, and link each to its job, parent and children', async ({
    api,
  }) => {
    const session = await api.stores.sessions.insertIfAbsent(
      makeCompletedSession({ title: 'A <b>bold</b> title' }),
    );
    const child = await api.stores.sessions.insertIfAbsent(
      makeChild(session, { title: 'The child' }),
    );
    const list = await api.app.inject({ url: '/sessions?status=completed' });
    expect(list.body).toContain(
      `<a href="/sessions/${session.id}">A &lt;b&gt;bold&lt;/b&gt; title</a>`,
    );
    expect(list.body).not.toContain(child.id);
    const page = await api.app.inject({ url: `/sessions/${session.id}` });
    expect(page.headers['content-type']).toContain('text/html');
    expect(page.body).toContain(`href="/queues/queue/sessions/${session.id}"`);
    expect(page.body).toContain(`<a href="/sessions/${child.id}">The child</a>`);
    const next = await api.app.inject({ url: `/sessions/${child.id}` });
    expect(next.body).toContain(`<a href="/sessions/${session.id}">${session.id}</a>`);
  });

  test('show the messages to a session, each with its status', async ({ api }) => {
    const { id } = await api.stores.sessions.insertIfAbsent(makeSession());
    const payload = { content: 'use <tabs>' };
    await api.app.inject({ method: 'POST', url: `/v1/sessions/${id}/messages`, payload });
    const page = await api.app.inject({ url: `/sessions/${id}` });
    expect(page.body).toContain('<h2>Message, queued</h2><pre>use &lt;tabs&gt;</pre>');
  });

  test('show an error as a page with its code', async ({ api }) => {
    const none = await api.app.inject({ url: `/sessions/${crypto.randomUUID()}` });
    expect(none.statusCode).toBe(404);
    expect(none.headers['content-type']).toContain('text/html');
    expect(none.body).toContain('SESSION_NOT_FOUND');
    expect((await api.app.inject({ url: '/sessions/nonsense' })).statusCode).toBe(400);
  });

  test('run no script, load nothing and send forms only to this server', async ({ api }) => {
    const page = await api.app.inject({ url: '/sessions' });
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("form-action 'self'");
    const [, style = ''] = /<style>(.*)<\/style>/s.exec(page.body) ?? [];
    const hash = createHash('sha256').update(style).digest('base64');
    expect(policy).toContain(`style-src 'sha256-${hash}'`);
    expect(page.body).not.toContain('style="');
  });
});
