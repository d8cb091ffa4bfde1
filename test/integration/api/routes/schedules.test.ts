import { defined, newId } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { type Api, test } from '../../../support/api.ts';
import { nextClockGap } from '../../../support/clock-gap.ts';
import { makeFullConfig } from '../../../support/factories.ts';

const NIGHTLY = {
  title: 'Nightly tidy-up',
  cron: '0 2 * * *',
  timezone: 'Europe/Berlin',
  launch: { query: 'tidy up', tags: ['nightly'] },
};

const call = (
  api: Api,
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  url: string,
  payload?: object,
) => api.app.inject({ method, url, ...defined({ payload }) });

async function make(api: Api, fields: object = {}) {
  const answer = await call(api, 'POST', '/v1/schedules', { ...NIGHTLY, ...fields });
  expect(answer.statusCode, answer.body).toBe(201);
  return answer.json();
}

describe('a schedule', () => {
  test('is created, returned with its next firing, and can be read at once', async ({ api }) => {
    const answer = await call(api, 'POST', '/v1/schedules', NIGHTLY);
    const made = answer.json();
    expect(answer.statusCode).toBe(201);
    expect(answer.headers['location']).toBe(`/v1/schedules/${made.id}`);
    expect(made).toMatchObject({
      ...NIGHTLY,
      overlap: 'skip',
      enabled: true,
      next_run_at: expect.stringMatching(/T0[01]:00:00.000Z$/),
    });
    expect((await call(api, 'GET', `/v1/schedules/${made.id}`)).json()).toEqual(made);
  });

  test.for(['H H * * *', '0 H(0-7) * * *', '0 0 30 2 *', '* * *', '@reboot'])(
    'is refused, and the error names the field cron: %s',
    async (cron, { api }) => {
      const answer = await call(api, 'POST', '/v1/schedules', { ...NIGHTLY, cron });
      expect(answer.json()).toMatchObject({
        error: { code: 'INVALID_REQUEST', details: { field: 'cron' } },
      });
      expect(answer.statusCode).toBe(400);
    },
  );

  test.for<[string, string]>([
    ['America/Santiago', '0'],
    ['Africa/Cairo', '0'],
    ['Africa/Cairo', '15,45'],
    ['Europe/Berlin', '15,45'],
    ['America/New_York', '59'],
  ])(
    'in %s at minute %s of a skipped hour fires right after that hour',
    async ([timezone, minutes], { api }) => {
      const { skipped, end } = nextClockGap(timezone);
      const day = `${skipped.getUTCDate()} ${skipped.getUTCMonth() + 1}`;
      const cron = `${minutes} ${skipped.getUTCHours()} ${day} *`;
      expect(await make(api, { cron, timezone })).toMatchObject({ next_run_at: end.toISOString() });
    },
  );

  test('is changed key by key', async ({ api }) => {
    const { id } = await make(api);
    const changed = await call(api, 'PATCH', `/v1/schedules/${id}`, {
      every_ms: 60_000,
      overlap: 'enqueue',
      title: null,
    });
    expect(changed.statusCode, changed.body).toBe(200);
    expect(changed.json()).toMatchObject({ every_ms: 60_000, overlap: 'enqueue' });
    for (const key of ['cron', 'timezone', 'title']) expect(changed.json()).not.toHaveProperty(key);
    const { next_run_at, updated_at } = changed.json();
    expect(Date.parse(next_run_at) - Date.parse(updated_at)).toBe(60_000);
    const rests = await call(api, 'PATCH', `/v1/schedules/${id}`, { enabled: false });
    expect(rests.json()).not.toHaveProperty('next_run_at');
  });

  test('is not found after its deletion', async ({ api }) => {
    const { id } = await make(api);
    expect((await call(api, 'DELETE', `/v1/schedules/${id}`)).json()).toMatchObject({ id });
    for (const method of ['GET', 'DELETE', 'PATCH'] as const) {
      const body = method === 'PATCH' ? { enabled: true } : undefined;
      const answer = await call(api, method, `/v1/schedules/${id}`, body);
      expect([answer.statusCode, answer.json().error.code]).toEqual([404, 'SCHEDULE_NOT_FOUND']);
    }
  });

  test('never shows a secret of its launch, and keeps that secret when the schedule changes', async ({
    api,
    db,
  }) => {
    const { working_dir: _dir, additional_directories: _more, ...config } = makeFullConfig();
    const { id } = await make(api, { launch: config });
    const answers = [
      await call(api, 'GET', `/v1/schedules/${id}`),
      await call(api, 'GET', '/v1/schedules'),
      await call(api, 'PATCH', `/v1/schedules/${id}`, { title: 'Other' }),
    ];
    for (const answer of answers) {
      expect(answer.statusCode, answer.body).toBe(200);
      expect(answer.body).not.toContain('s3cret');
    }
    expect(api.logged.join()).not.toContain('s3cret');
    const stored = await db.collection<{ _id: string }>('schedules').findOne({ _id: id });
    expect(JSON.stringify(stored)).toContain('s3cret-env');
  });

  test.for([
    [{ cron: 'nonsense' }, 400, 'INVALID_REQUEST', 'cron'],
    [{ timezone: 'Mars/Olympus' }, 400, 'INVALID_REQUEST', 'timezone'],
    [{ every_ms: 60_000 }, 400, 'INVALID_REQUEST', 'every_ms'],
    [{ launch: {} }, 400, 'INVALID_REQUEST', 'launch.query'],
    [{ launch: { query: 'x', unknown: 1 } }, 400, 'INVALID_REQUEST', 'launch.unknown'],
    [
      { launch: { query: 'x', working_dir: '/etc' } },
      422,
      'WORKING_DIR_NOT_ALLOWED',
      'launch.working_dir',
    ],
    [{ launch: { query: 'x', env: { PATH: '/' } } }, 422, 'ENV_NOT_ALLOWED', 'launch.env.PATH'],
  ] as const)(
    'with %j is refused, whether it is created or changed',
    async ([fields, status, code, field], { api }) => {
      const made = await call(api, 'POST', '/v1/schedules', { ...NIGHTLY, ...fields });
      expect(made.statusCode).toBe(status);
      expect(made.json()).toMatchObject({ error: { code, details: { field } } });
      if ('every_ms' in fields) return;
      const { id } = await make(api);
      const changed = await call(api, 'PATCH', `/v1/schedules/${id}`, fields);
      expect(changed.statusCode).toBe(status);
      expect(changed.json()).toMatchObject({ error: { code, details: { field } } });
    },
  );

  test('is refused if its launch is too large for a job', async ({ api }) => {
    const launch = { query: 'x'.repeat(1024 * 1024 - 150) };
    const answer = await call(api, 'POST', '/v1/schedules', { cron: '* * * * *', launch });
    expect([answer.statusCode, answer.json().error.code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  });
});

describe('the list of schedules', () => {
  test('is returned in pages, newest first', async ({ api, db }) => {
    await db.collection('schedules').deleteMany({});
    const ids = [];
    for (let n = 0; n < 5; n += 1) ids.push((await make(api)).id);
    const first = (await call(api, 'GET', '/v1/schedules?limit=3')).json();
    const path = `/v1/schedules?limit=3&cursor=${first.next_cursor}`;
    const rest = (await call(api, 'GET', path)).json();
    const listed = [...first.schedules, ...rest.schedules].map((one: { id: string }) => one.id);
    expect(listed).toEqual(ids.reverse());
    expect(rest).not.toHaveProperty('next_cursor');
  });
});

describe('GET /v1/sessions?schedule_id=', () => {
  test('lists only the sessions of that schedule', async ({ api }) => {
    const schedule_id = newId();
    const { manager } = api;
    const { id } = await manager.launchSession({ query: 'x' }, { schedule_id });
    await manager.launchSession({ query: 'y' }, {});
    const answer = await call(api, 'GET', `/v1/sessions?schedule_id=${schedule_id}`);
    expect(answer.json().sessions).toMatchObject([{ id, schedule_id }]);
  });

  test("cannot match a caller's launch, because a caller may not set schedule_id", async ({
    api,
  }) => {
    const answer = await call(api, 'POST', '/v1/sessions', { query: 'x', schedule_id: newId() });
    expect(answer.json()).toMatchObject({
      error: { code: 'INVALID_REQUEST', details: { field: 'schedule_id' } },
    });
  });
});
