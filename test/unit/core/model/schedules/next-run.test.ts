import { newScheduleSchema, parseInput, type Schedule, toScheduleView } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import { nextFiring } from '../../../../../packages/core/src/model/schedules/next-run.ts';
import { withChanges } from '../../../../../packages/core/src/model/schedules/schedule.ts';
import { makeFullConfig } from '../../../../support/factories.ts';

const launch = { query: 'tidy up' };
const at = (text: string) => new Date(text);

describe('the next firing', () => {
  test.each([
    [{ cron: '0 9 * * *' }, '2026-03-01T08:59:59.999Z', '2026-03-01T09:00:00.000Z'],
    [{ cron: '0 9 * * *' }, '2026-03-01T09:00:00.000Z', '2026-03-02T09:00:00.000Z'],
    [
      { cron: '0 9 * * *', timezone: 'Europe/Berlin' },
      '2026-03-01T07:00:00Z',
      '2026-03-01T08:00:00.000Z',
    ],
    [
      { cron: '0 9 * * *', timezone: 'Europe/Berlin' },
      '2026-06-01T00:00:00Z',
      '2026-06-01T07:00:00.000Z',
    ],
    [{ cron: '*/10 * * * * *' }, '2026-03-01T00:00:01Z', '2026-03-01T00:00:10.000Z'],
    [{ every_ms: 60_000 }, '2026-01-01T00:00:07Z', '2026-01-01T00:01:07.000Z'],
    [{ every_ms: 60_000 }, '2026-01-01T00:01:07Z', '2026-01-01T00:02:07.000Z'],
    [{ every_ms: 60_000 }, '2026-01-01T00:30:00Z', '2026-01-01T00:30:07.000Z'],
    [{ every_ms: 60_000 }, '2025-12-31T00:00:00Z', '2026-01-01T00:01:07.000Z'],
  ])('of %j after %s is %s', (recurrence, now, next) => {
    const anchor = at('2026-01-01T00:00:07Z');
    expect(nextFiring(recurrence, anchor, at(now))?.toISOString()).toBe(next);
  });
});

describe('a new schedule', () => {
  test.each([
    [{}, 'cron'],
    [{ cron: '* * * * *', every_ms: 60_000 }, 'every_ms'],
    [{ cron: 'every morning' }, 'cron'],
    [{ cron: '61 * * * *' }, 'cron'],
    [{ cron: '0 0 31 2 *' }, 'cron'],
    [{ cron: '* * * * *', timezone: 'Mars/Olympus' }, 'timezone'],
    [{ cron: '* * * * *', timezone: '+01:00' }, 'timezone'],
    [{ every_ms: 60_000, timezone: 'UTC' }, 'timezone'],
    [{ every_ms: 999 }, 'every_ms'],
    [{ every_ms: 1e15 }, 'every_ms'],
    [{ every_ms: 1.5e3 + 0.5 }, 'every_ms'],
    [{ every_ms: 1_000, overlap: 'replace' }, 'overlap'],
    [{ every_ms: 1_000, launch: {} }, 'launch.query'],
    [{ every_ms: 1_000, launch: { query: 'x', run_at: '2026-01-01T00:00:00Z' } }, 'launch.run_at'],
    [{ every_ms: 1_000, launch: { query: 'x', max_turns: 0 } }, 'launch.max_turns'],
    [
      { every_ms: 1_000, overlap: 'enqueue', launch: { query: 'x', concurrency_key: 'mine' } },
      'launch.concurrency_key',
    ],
  ])('with %j is refused, and the error names %s', (fields, field) => {
    expect(() => parseInput(newScheduleSchema, { launch, ...fields })).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST', details: { field } }),
    );
  });

  test('is enabled and skips overlapping firings by default', () => {
    expect(parseInput(newScheduleSchema, { every_ms: 1_000, launch })).toEqual({
      every_ms: 1_000,
      overlap: 'skip',
      enabled: true,
      launch,
    });
  });
});

const schedule: Schedule = {
  id: 'one',
  title: 'nightly',
  cron: '0 1 * * *',
  timezone: 'Europe/Berlin',
  overlap: 'skip',
  enabled: true,
  launch,
  anchor: at('2026-01-01T00:00:00Z'),
  revision: 3,
  created_at: at('2026-01-01T00:00:00Z'),
  updated_at: at('2026-01-01T00:00:00Z'),
};

describe('a schedule change', () => {
  const own = {
    title: 'nightly',
    cron: '0 1 * * *',
    timezone: 'Europe/Berlin',
    overlap: 'skip',
    enabled: true,
    launch,
  };
  test.each([
    [{}, own],
    [{ enabled: false }, { ...own, enabled: false }],
    [{ cron: '0 2 * * *' }, { ...own, cron: '0 2 * * *' }],
    [{ timezone: 'UTC' }, { ...own, timezone: 'UTC' }],
    [
      { every_ms: 5_000 },
      { title: 'nightly', every_ms: 5_000, overlap: 'skip', enabled: true, launch },
    ],
    [{ launch: { query: 'other' } }, { ...own, launch: { query: 'other' } }],
    [
      { title: null },
      {
        cron: '0 1 * * *',
        timezone: 'Europe/Berlin',
        overlap: 'skip',
        enabled: true,
        launch,
      },
    ],
  ])('merges %j into the schedule', (changes, merged) => {
    expect(withChanges(schedule, changes)).toEqual(merged);
  });
});

describe('the view of a schedule', () => {
  test('has the next firing only while the schedule is enabled', () => {
    const now = at('2026-01-01T12:00:00Z');
    expect(toScheduleView(schedule, now).next_run_at).toBe('2026-01-02T00:00:00.000Z');
    expect(toScheduleView({ ...schedule, enabled: false }, now)).not.toHaveProperty('next_run_at');
  });

  test('contains no secret of its launch', () => {
    const full = { ...makeFullConfig(), title: 'each night', tags: ['a'] };
    const view = toScheduleView({ ...schedule, launch: full }, new Date());
    expect(JSON.stringify(view)).not.toContain('s3cret');
    expect(view.launch).toMatchObject({
      query: 'do it',
      title: 'each night',
      tags: ['a'],
      env: { API_TOKEN: '[redacted]' },
    });
  });
});
