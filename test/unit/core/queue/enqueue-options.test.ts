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

describe('a body of a launch', () => {
  test.each([
    ['a negative delay', { delay_ms: -1 }, 'delay_ms'],
    ['a delay of more than 366 days', { delay_ms: 367 * DAY_MS }, 'delay_ms'],
    ['a delay and a time', { delay_ms: 1, run_at: inDays(1) }, 'run_at'],
    ['a time that is none', { run_at: 'tomorrow' }, 'run_at'],
    ['a time without a zone', { run_at: '2026-01-01T00:00:00' }, 'run_at'],
    ['a time more than 366 days ahead', { run_at: inDays(367) }, 'run_at'],
    ['no try at all', { attempts: 0 }, 'attempts'],
    ['more tries than recovery allows', { attempts: 102 }, 'attempts'],
    ['tries said twice', { attempts: 2, recovery: { max_retries: 1 } }, 'attempts'],
    ['a negative priority', { priority: -1 }, 'priority'],
    ['an empty concurrency key', { concurrency_key: '' }, 'concurrency_key'],
    ['a limit of none', { concurrency_limit: 0 }, 'concurrency_limit'],
    ['a limit of more than 1000', { concurrency_limit: 1001 }, 'concurrency_limit'],
    ["the job's word for a time", { not_before: inDays(1) }, 'not_before'],
  ])('is refused for %s', (_what, options, field) => {
    expect(() => parseInput(launchRequestSchema, { query: 'q', ...options })).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST', details: { field } }),
    );
  });

  test('is told apart into config and options, with the time under the name that jobs have for it', () => {
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
    ['no try at all', { attempts: 0 }, 'attempts'],
  ])('is refused for %s', (_what, options, field) => {
    const refused = expect.objectContaining({ code: 'INVALID_REQUEST', details: { field } });
    expect(() => parseLaunchJob({ query: 'q' }, options)).toThrow(refused);
    const request = { parent_session_id: newId(), query: 'q' };
    expect(() => parseContinueJob(request, options)).toThrow(refused);
  });

  test.each([
    ['on_busy', { on_busy: 'enqueue' }, 'on_busy: expected it in the options, the second argument'],
    ['priority', { priority: 1 }, 'priority: expected it in the options, the second argument'],
    ['modle', { modle: 'opus' }, 'modle: expected no such key'],
    ['env.A', { env: { A: 1 } }, 'env.A: expected string, got number'],
  ])('of a continue names the key as the caller wrote it: %s', (field, written, message) => {
    const request = { parent_session_id: newId(), query: 'q', ...(written as object) };
    expect(() => parseContinueJob(request)).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST', message, details: { field } }),
    );
  });

  test('is refused for tries said twice, in a launch and in a continue', () => {
    const recovery = { max_retries: 1 };
    const refused = expect.objectContaining({ details: { field: 'attempts' } });
    expect(() => parseLaunchJob({ query: 'q', recovery }, { attempts: 2 })).toThrow(refused);
    const request = { parent_session_id: newId(), query: 'q', recovery };
    expect(() => parseContinueJob(request, { attempts: 2 })).toThrow(refused);
  });

  test.each<[string, JobOptions, object]>([
    ['nothing', {}, {}],
    ['a delay', { delay_ms: 1_000 }, { delay: 1_000 }],
    ['no delay', { delay_ms: 0 }, {}],
    ['a time to come', { not_before: new Date(5_000).toISOString() }, { delay: 4_000 }],
    ['a time that has passed', { not_before: new Date(500).toISOString() }, {}],
    ['a time in the year 9999', { not_before: '9999-01-01T00:00:00Z' }, { delay: 366 * DAY_MS }],
    ['a priority', { priority: 7 }, { priority: 7 }],
  ])('with %s has the options of BullMQ that say so', (_what, options, expected) => {
    const { delay, priority, attempts } = buildJobOptions(makeLaunchJob(options), 1_000);
    expect({ attempts, ...defined({ delay, priority }) }).toEqual({
      attempts: 1,
      ...expected,
    });
  });
});

describe('the document', () => {
  const accepted = { run_id: newId(), created_at: '2026-01-01T00:00:00.000Z' };

  test('of a delayed job says until when, counted from when it was made', () => {
    const job = { ...makeLaunchJob({ delay_ms: 90_000 }), ...accepted };
    expect(queuedSession(job, job.config).not_before).toEqual(new Date('2026-01-01T00:01:30Z'));
  });

  test('of a job with attempts may be tried so often, and keeps what else its recovery says', () => {
    const job = { ...makeContinueJob(newId(), { attempts: 4 }), ...accepted };
    const { config } = queuedSession(job, {
      query: 'q',
      recovery: { on_crash: 'fail', max_retries: 0 },
    });
    expect(config.recovery).toEqual({ on_crash: 'fail', max_retries: 3 });
  });
});
