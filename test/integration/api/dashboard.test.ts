import { describe, expect } from 'vitest';
import { countJobs, test } from '../../support/api.ts';
import { makeLaunchJob } from '../../support/factories.ts';

describe('the dashboard at /queues', () => {
  test('shows jobs with what a person needs, and links each to its session', async ({ api }) => {
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
        name: 'launch',
        data: { title: 'Look at me', config: { query: 'hi', env: { A: '[redacted]' } } },
        externalUrl: { href: `/v1/sessions/${job.id}` },
      },
    });
  });

  test('serves its own scripts and keeps the page to its own origin', async ({ api }) => {
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
  ] as const)('%s %s changes nothing and answers 405', async ([method, path], { api }) => {
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
