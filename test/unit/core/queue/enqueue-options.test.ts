import {
  buildJobOptions,
  defined,
  type JobOptions,
  launchRequestSchema,
  newId,
  splitRequest,
} from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import { queuedSession } from '../../../../packages/core/src/model/job/new-session.ts';
import { parseInput } from '../../../../packages/core/src/model/schema/parse-input.ts';
import {
  parseContinueJob,
  parseLaunchJob,
} from '../../../../packages/core/src/queue/job-builder.ts';
import { makeContinueJob, makeLaunchJob } from '../../../support/factories.ts';

const DAY_MS = 24 * 3600 * 1000;
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();

describe('a launch request', () => {
  test.each([
    ['a negative delay', { delay_ms: -1 }, 'delay_ms'],
    ['a delay of more than 366 days', { delay_ms: 367 * DAY_MS }, 'delay_ms'],
    ['a delay and a time', { delay_ms: 1, run_at: inDays(1) }, 'run_at'],
    ['a text that is not a time', { run_at: 'tomorrow' }, 'run_at'],
    ['a time without a zone', { run_at: '2026-01-01T00:00:00' }, 'run_at'],
    ['a time more than 366 days ahead', { run_at: inDays(367) }, 'run_at'],
    ['zero attempts', { attempts: 0 }, 'attempts'],
    ['more attempts than the maximum', { attempts: 102 }, 'attempts'],
    [
      'both attempts and recovery.max_retries',
      { attempts: 2, recovery: { max_retries: 1 } },
      'attempts',
    ],
    ['a negative priority', { priority: -1 }, 'priority'],
    ['an empty concurrency key', { concurrency_key: '' }, 'concurrency_key'],
    ['a concurrency limit of 0', { concurrency_limit: 0 }, 'concurrency_limit'],
    ['a concurrency limit above 1000', { concurrency_limit: 1001 }, 'concurrency_limit'],
    ["the job's field name for a time", { not_before: inDays(1) }, 'not_before'],
  ])('is refused for %s', (_what, options, field) => {
    expect(() => parseInput(launchRequestSchema, { query: 'q', ...options })).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST', details: { field } }),
    );
  });

  test("is split into config and options, and run_at becomes the job's not_before", () => {
    const run_at = inDays(1);
    const body = { query: 'q', model: 'opus', title: 'T', run_at, attempts: 2 };
    expect(splitRequest(parseInput(launchRequestSchema, body))).toEqual({
      config: { query: 'q', model: 'opus' },
      options: { title: 'T', not_before: run_at, attempts: 2 },
    });
  });
});

describe('a job', () => {
  test.each<[string, JobOptions, string]>([
    ['a delay and a time', { delay_ms: 1, not_before: inDays(1) }, 'not_before'],
    ['zero attempts', { attempts: 0 }, 'attempts'],
  ])('is refused for %s', (_what, options, field) => {
    const refused = expect.objectContaining({ code: 'INVALID_REQUEST', details: { field } });
    expect(() => parseLaunchJob({ query: 'q' }, options)).toThrow(refused);
    const request = { parent_session_id: newId(), query: 'q' };
    expect(() => parseContinueJob(request, options)).toThrow(refused);
  });

  test.each([
    ['on_busy', { on_busy: 'enqueue' }, 'on_busy: expected it in the options, the second argument'],
    ['priority', { priority: 1 }, 'priority: expected it in the options, the second argument'],
    ['modle', { modle: 'opus' }, 'modle: expected a known key; correct its name or leave it out'],
    ['env.A', { env: { A: 1 } }, 'env.A: expected string, got number'],
  ])(
    'for a continue is refused, and the error names the key as the caller wrote it: %s',
    (field, written, message) => {
      const request = { parent_session_id: newId(), query: 'q', ...(written as object) };
      expect(() => parseContinueJob(request)).toThrow(
        expect.objectContaining({ code: 'INVALID_REQUEST', message, details: { field } }),
      );
    },
  );

  test('is refused for both attempts and recovery.max_retries', () => {
    const recovery = { max_retries: 1 };
    const refused = expect.objectContaining({ details: { field: 'attempts' } });
    expect(() => parseLaunchJob({ query: 'q', recovery }, { attempts: 2 })).toThrow(refused);
    const request = { parent_session_id: newId(), query: 'q', recovery };
    expect(() => parseContinueJob(request, { attempts: 2 })).toThrow(refused);
  });

  test.each<[string, JobOptions, object]>([
    ['no options', {}, {}],
    ['a delay', { delay_ms: 1_000 }, { delay: 1_000 }],
    ['no delay', { delay_ms: 0 }, {}],
    ['a future time', { not_before: new Date(5_000).toISOString() }, { delay: 4_000 }],
    ['a past time', { not_before: new Date(500).toISOString() }, {}],
    ['a time in the year 9999', { not_before: '9999-01-01T00:00:00Z' }, { delay: 366 * DAY_MS }],
    ['a priority', { priority: 7 }, { priority: 7 }],
  ])('with %s has the matching BullMQ options', (_what, options, expected) => {
    const { delay, priority, attempts } = buildJobOptions(makeLaunchJob(options), 1_000);
    expect({ attempts, ...defined({ delay, priority }) }).toEqual({
      attempts: 1,
      ...expected,
    });
  });
});

describe('the session document', () => {
  const accepted = { run_id: newId(), created_at: '2026-01-01T00:00:00.000Z' };

  test("of a delayed job has its start time, counted from the job's creation", () => {
    const job = { ...makeLaunchJob({ delay_ms: 90_000 }), ...accepted };
    expect(queuedSession(job, job.config).not_before).toEqual(new Date('2026-01-01T00:01:30Z'));
  });

  test('of a job with attempts has that many retries and keeps the rest of its recovery', () => {
    const job = { ...makeContinueJob(newId(), { attempts: 4 }), ...accepted };
    const { config } = queuedSession(job, {
      query: 'q',
      recovery: { on_crash: 'fail', max_retries: 0 },
    });
    expect(config.recovery).toEqual({ on_crash: 'fail', max_retries: 3 });
  });
});
