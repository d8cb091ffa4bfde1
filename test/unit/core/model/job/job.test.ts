import {
  AppError,
  continueJobSchema,
  jobSchema,
  launchJobSchema,
  newId,
  parseInput,
} from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import { checkSize, JOB_MAX_BYTES } from '../../../../../packages/core/src/model/job/job.ts';
import {
  parseContinueJob,
  parseLaunchJob,
} from '../../../../../packages/core/src/queue/job-builder.ts';
import { buildJobOptions } from '../../../../../packages/core/src/queue/queued-job.ts';
import { parseJob } from '../../../../../packages/core/src/store/adopt.ts';
import { makeContinueJob, makeLaunchJob } from '../../../../support/factories.ts';

const timestamp = Date.UTC(2026, 0, 2, 3, 4, 5);

describe('the payload of a job', () => {
  test.each([
    ['a launch', makeLaunchJob()],
    ['a continue', makeContinueJob(newId())],
    [
      'a launch with every option',
      makeLaunchJob({
        run_id: newId(),
        created_at: '2026-01-02T03:04:05+01:00',
        title: 'Nightly',
        tags: ['a', 'b'],
        metadata: { 'a.b': { $c: [null, 1, 'x', true] } },
        priority: 5,
        not_before: '2026-01-02T03:04:05Z',
        concurrency_key: 'repo',
      }),
    ],
  ])('is accepted unchanged for %s', (_, job) => {
    expect(parseInput(jobSchema, job)).toEqual(job);
  });

  test.each<[string, string, object]>([
    ['version', 'missing', { version: undefined }],
    ['version', 'another version', { version: 2 }],
    ['kind', 'missing', { kind: undefined }],
    ['kind', 'unknown', { kind: 'resume' }],
    ['id', 'missing', { id: undefined }],
    ['id', 'not a UUID', { id: 'job-1' }],
    ['config', 'missing', { config: undefined }],
    ['config.query', 'missing', { config: {} }],
    ['extra', 'unknown', { extra: 1 }],
    ['parent_session_id', 'a key of the other kind', { parent_session_id: newId() }],
    ['created_at', 'not a time', { created_at: 'yesterday' }],
    ['created_at', 'a time without a zone', { created_at: '2026-01-02T03:04:05' }],
    ['not_before', 'not a time', { not_before: 5 }],
  ])('is refused for an invalid %s: %s', (field, _, fields) => {
    expect(() => parseInput(jobSchema, { ...makeLaunchJob(), ...fields })).toThrowError(
      expect.objectContaining({ details: { field } }),
    );
  });

  test.each<[string, object]>([
    ['parent_session_id', { parent_session_id: undefined }],
    ['overrides', { overrides: undefined }],
    ['overrides.query', { overrides: {} }],
    ['config', { config: { query: 'q' } }],
  ])('of a continue is refused for an invalid %s', (field, fields) => {
    expect(() => parseInput(jobSchema, { ...makeContinueJob(newId()), ...fields })).toThrowError(
      expect.objectContaining({ details: { field } }),
    );
  });

  test("has its id as default run id and the job's timestamp as default creation time", () => {
    const job = makeLaunchJob();
    expect(parseJob({ id: job.id, data: job, timestamp })).toEqual({
      ...job,
      run_id: job.id,
      created_at: '2026-01-02T03:04:05.000Z',
    });
  });

  test("is refused if its id is not the job's id", () => {
    expect(() => parseJob({ id: newId(), data: makeLaunchJob(), timestamp })).toThrowError(
      expect.objectContaining({ code: 'INVALID_REQUEST', details: { field: 'id' } }),
    );
  });

  test('may have one MiB, but not one byte more', () => {
    const empty = Buffer.byteLength(JSON.stringify(makeLaunchJob({ config: { query: '' } })));
    const ofSize = (bytes: number) =>
      makeLaunchJob({ config: { query: 'x'.repeat(bytes - empty) } });
    expect(() => checkSize(ofSize(JOB_MAX_BYTES))).not.toThrow();
    expect(() => checkSize(ofSize(JOB_MAX_BYTES + 1))).toThrowError(
      expect.objectContaining({ code: 'PAYLOAD_TOO_LARGE' }),
    );
  });

  test('is measured in bytes, not characters', () => {
    const query = 'é'.repeat(JOB_MAX_BYTES / 2);
    expect(() => checkSize(makeLaunchJob({ config: { query } }))).toThrow(AppError);
  });
});

describe('a job built by a producer', () => {
  test('fits the schema and carries the options of a launch', () => {
    const job = parseLaunchJob({ query: 'q' }, { title: 'T', priority: 2 });
    expect(launchJobSchema.parse(job)).toEqual(job);
    expect(job).toMatchObject({ version: 1, kind: 'launch', title: 'T', priority: 2 });
  });

  test("for a continue has the parent's id outside the overrides", () => {
    const parent = newId();
    const job = parseContinueJob({ parent_session_id: parent, query: 'go on', model: null });
    expect(continueJobSchema.parse(job)).toEqual(job);
    expect(job).toMatchObject({
      parent_session_id: parent,
      overrides: { query: 'go on', model: null },
    });
  });

  test('has a new id unless the caller chooses one', () => {
    expect(parseLaunchJob({ query: 'q' }).id).not.toBe(parseLaunchJob({ query: 'q' }).id);
    const id = newId();
    expect(parseLaunchJob({ query: 'q' }, { id })).toMatchObject({ id });
  });

  test.each<[string, () => unknown]>([
    ['config.query', () => parseLaunchJob({ query: '' })],
    ['config.modle', () => parseLaunchJob({ query: 'q', modle: 'x' } as never)],
    ['id', () => parseLaunchJob({ query: 'q' }, { id: 'mine' })],
    ['titel', () => parseLaunchJob({ query: 'q' }, { titel: 'x' } as never)],
    ['parent_session_id', () => parseContinueJob({ query: 'q' } as never)],
    ['env', () => parseContinueJob({ parent_session_id: newId(), query: 'q', env: 5 as never })],
  ])('is refused if %s is invalid, and the error names that field', (field, act) => {
    expect(act).toThrowError(
      expect.objectContaining({ code: 'INVALID_REQUEST', details: { field } }),
    );
  });
});

describe('the options of the BullMQ job', () => {
  test("have the session's id as job id and no retries by BullMQ", () => {
    const job = makeLaunchJob();
    expect(buildJobOptions(job, timestamp)).toMatchObject({ jobId: job.id, attempts: 1 });
  });

  test.each<[string, object, object]>([
    ['have no priority by default', {}, {}],
    ['have no priority for priority 0', { priority: 0 }, {}],
    ['have the priority of the session', { priority: 7 }, { priority: 7 }],
    [
      'have a delay for a future start time',
      { not_before: '2026-01-02T03:04:06Z' },
      { delay: 1000 },
    ],
    ['have no delay for a past start time', { not_before: '2026-01-02T03:04:04Z' }, {}],
  ])('%s', (_, fields, expected) => {
    const { priority, delay } = buildJobOptions(makeLaunchJob(fields), timestamp);
    expect({ priority, delay }).toEqual({ priority: undefined, delay: undefined, ...expected });
  });
});
